#include "archmlp/table/csv_columns.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/text_hash.h"
#include "archmlp/table/cell_decoder.h"
#include "archmlp/table/number_parser.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

Number parse_field(const CsvField& field) noexcept {
  return parse_number(field.begin, field.begin + field.size, field.has_room);
}

bool is_number(NumberForm form) noexcept { return form != NumberForm::kNone; }

SeenForms::Form seen_form(NumberForm number) noexcept {
  return number == NumberForm::kInteger      ? SeenForms::kInteger
         : number == NumberForm::kBigInteger ? SeenForms::kBigInteger
                                             : SeenForms::kReal;
}

/// Of a cell that is neither quoted nor missing.
SeenForms::Form form_of(const CsvField& field) noexcept {
  const NumberForm number = parse_field(field).form;
  if (is_number(number)) return seen_form(number);
  return decode_boolean(field.raw()) ? SeenForms::kBoolean : SeenForms::kText;
}

}  // namespace

MissingTokens::MissingTokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  for (const std::string& token : tokens_) {
    if (token.empty()) {
      has_empty_ = true;
      continue;
    }
    first_bytes_.set(static_cast<unsigned char>(token[0]));
    longest_ = std::max(longest_, token.size());
    has_number_ = has_number_ || decode_real(token).has_value();
  }
}

bool MissingTokens::search(std::string_view text) const noexcept {
  return std::ranges::find(tokens_, text) != tokens_.end();
}

ColumnKind SeenForms::kind() const noexcept {
  const bool number = has(kInteger) || has(kBigInteger) || has(kReal);
  if (has(kText) || (has(kBoolean) && number)) return ColumnKind::kText;
  if (has(kBoolean)) return ColumnKind::kBoolean;
  if (has(kReal) || none()) return ColumnKind::kReal;
  return has(kBigInteger) ? ColumnKind::kText : ColumnKind::kInteger;
}

bool SeenForms::settled() const noexcept {
  return has(kText) || (has(kBoolean) && (has(kInteger) || has(kBigInteger) || has(kReal)));
}

void ColumnChunk::restart(const ColumnPlan& plan) {
  plan_ = &plan;
  form_ = Form::kIntegers;
  seen_ = {};
  any_missing_ = false;
  const std::size_t rows_before = std::exchange(row_count_, 0);
  integers_.clear();
  missing_.clear();
  reals_.clear();
  booleans_.clear();
  text_ = {};
  if (plan.skipped) {
    form_ = Form::kNothing;
    return;
  }
  const auto start = plan.given ? plan.given : plan.expected;
  switch (start.value_or(ColumnKind::kInteger)) {
    case ColumnKind::kInteger:
      form_ = Form::kIntegers;
      return integers_.reserve(rows_before);
    case ColumnKind::kReal:
      form_ = Form::kReals;
      return reals_.reserve(rows_before);
    case ColumnKind::kBoolean:
      form_ = Form::kBooleans;
      return booleans_.reserve(rows_before);
    case ColumnKind::kText:
      form_ = Form::kTexts;
      text_.codes.reserve(rows_before);
      index_.restart(level_count_);
      return text_.levels.reserve(level_count_ + level_count_ / 16, level_bytes_ + level_bytes_ / 16);
  }
}

std::optional<ColumnChunk::BadCell> ColumnChunk::append(const CsvField* fields, std::size_t stride,
                                                        std::size_t row_count) {
  row_count_ += row_count;
  if (plan_->skipped) return std::nullopt;
  if (form_ == Form::kTexts && plan_->nullable) {
    if (!plan_->given && !seen_.settled()) look_for_text(fields, stride, row_count);
    append_texts(fields, stride, row_count);
    return std::nullopt;
  }
  if (plan_->given) return append_given(fields, stride, row_count);
  std::size_t row = 0;
  while (row < row_count) {
    switch (form_) {
      case Form::kIntegers:
        row = append_integers(fields, stride, row, row_count);
        break;
      case Form::kReals:
        row = append_reals(fields, stride, row, row_count);
        break;
      case Form::kBooleans:
        row = append_booleans(fields, stride, row, row_count);
        break;
      case Form::kTexts:
      case Form::kNothing:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

std::size_t ColumnChunk::append_integers(const CsvField* fields, std::size_t stride, std::size_t row,
                                         std::size_t row_count) {
  const bool look_up_numbers = plan_->missing_values->has_number();
  bool any = false;
  for (; row < row_count; ++row) {
    const CsvField& field = fields[row * stride];
    if (!field.quoted) {
      const Number number = parse_field(field);
      if (number.form == NumberForm::kInteger && !look_up_numbers) {
        any = true;
        integers_.push_back(number.integer);
        if (!missing_.empty()) missing_.push_back(0);
        continue;
      }
      if ((!is_number(number.form) || look_up_numbers) && plan_->missing_values->contains(field.raw())) {
        append_missing_integer();
        continue;
      }
      if (number.form == NumberForm::kInteger) {
        any = true;
        integers_.push_back(number.integer);
        if (!missing_.empty()) missing_.push_back(0);
        continue;
      }
    }
    if (any) seen_.add(SeenForms::kInteger);
    widen_for(field);
    return row;
  }
  if (any) seen_.add(SeenForms::kInteger);
  return row;
}

std::size_t ColumnChunk::append_reals(const CsvField* fields, std::size_t stride, std::size_t row,
                                      std::size_t row_count) {
  const bool look_up_numbers = plan_->missing_values->has_number();
  const std::size_t held = reals_.size();
  reals_.resize(held + row_count - row);
  double* out = reals_.data() + held;
  SeenForms seen;
  for (; row < row_count; ++row) {
    const CsvField& field = fields[row * stride];
    const Number number = field.quoted ? Number{} : parse_field(field);
    const bool may_be_missing = !field.quoted && (!is_number(number.form) || look_up_numbers);
    if (may_be_missing && plan_->missing_values->contains(field.raw())) {
      any_missing_ = true;
      *out++ = kMissingReal;
      continue;
    }
    if (!is_number(number.form)) break;
    seen.add(seen_form(number.form));
    *out++ = number.form == NumberForm::kInteger ? static_cast<double>(number.integer) : number.real;
  }
  seen_.add(seen);
  reals_.resize(static_cast<std::size_t>(out - reals_.data()));
  if (row < row_count) widen_for(fields[row * stride]);
  return row;
}

std::size_t ColumnChunk::append_booleans(const CsvField* fields, std::size_t stride, std::size_t row,
                                         std::size_t row_count) {
  for (; row < row_count; ++row) {
    const CsvField& field = fields[row * stride];
    if (!field.quoted && plan_->missing_values->contains(field.raw())) {
      any_missing_ = true;
      booleans_.push_back(kMissingBoolean);
      continue;
    }
    const auto value = field.quoted ? std::nullopt : decode_boolean(field.raw());
    if (!value) {
      widen_for(field);
      return row;
    }
    seen_.add(SeenForms::kBoolean);
    booleans_.push_back(*value ? 1 : 0);
  }
  return row;
}

void ColumnChunk::append_texts(const CsvField* fields, std::size_t stride, std::size_t row_count) {
  // First the hashes of some, then their slots, which are on their way from memory by then.
  constexpr std::size_t kBatch = 32;
  const std::size_t held = text_.codes.size();
  text_.codes.resize(held + row_count, -1);
  std::int32_t* codes = text_.codes.data() + held;
  std::array<std::uint32_t, kBatch> hashes{};
  std::array<bool, kBatch> missing{};
  for (std::size_t begin = 0; begin < row_count; begin += kBatch) {
    const std::size_t count = std::min(kBatch, row_count - begin);
    const CsvField* const batch = fields + begin * stride;
    for (std::size_t i = 0; i < count; ++i) {
      const CsvField& field = batch[i * stride];
      missing[i] = !field.quoted && plan_->missing_values->contains(field.raw());
      if (missing[i] || field.escaped) continue;
      hashes[i] = base::hash_of_text(field.raw());
      index_.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      any_missing_ = any_missing_ || missing[i];
      if (!missing[i]) codes[begin + i] = level_of(batch[i * stride], hashes[i]);
    }
  }
}

/// `hash`: of the text, unless it is escaped.
std::int32_t ColumnChunk::level_of(const CsvField& field, std::uint32_t hash) {
  if (!field.escaped) return static_cast<std::int32_t>(index_.insert(field.raw(), hash, text_.levels));
  char* const draft = text_.levels.draft(field.size);
  const std::string_view text(draft, unescape(field, draft));
  return static_cast<std::int32_t>(index_.insert(text, base::hash_of_text(text), text_.levels));
}

void ColumnChunk::look_for_text(const CsvField* fields, std::size_t stride, std::size_t row_count) {
  for (std::size_t row = 0; row < row_count && !seen_.settled(); ++row) {
    const CsvField& field = fields[row * stride];
    if (field.quoted) {
      seen_.add(SeenForms::kText);
    } else if (!plan_->missing_values->contains(field.raw())) {
      seen_.add(form_of(field));
    }
  }
}

std::optional<ColumnChunk::BadCell> ColumnChunk::append_given(const CsvField* fields, std::size_t stride,
                                                              std::size_t row_count) {
  // Only cells that are not missing are decoded by it.
  const contract::ColumnSchema schema{.name = plan_->name, .kind = *plan_->given};
  std::string scratch;
  for (std::size_t row = 0; row < row_count; ++row) {
    const CsvField& field = fields[row * stride];
    const bool missing = !field.quoted && plan_->missing_values->contains(field.raw());
    if (missing && !plan_->nullable) {
      return BadCell{
          row,
          {.message = "column " + base::quoted(schema.name) + ": a value is missing",
           .hint = "fill the cell: the column had no missing values in the data that it was defined by"}};
    }
    Cell cell = Cell::none(schema.kind);
    if (!missing && schema.kind != ColumnKind::kText) {
      const Number number = parse_field(field);
      if (number.form == NumberForm::kInteger && schema.kind == ColumnKind::kInteger) {
        cell = Cell::of(number.integer);
      } else if (is_number(number.form) && schema.kind == ColumnKind::kReal) {
        cell =
            Cell::of(number.form == NumberForm::kInteger ? static_cast<double>(number.integer) : number.real);
      } else {
        auto decoded = decode_cell(schema, text_of(field, scratch), field.quoted);
        if (!decoded.ok()) return BadCell{row, std::move(decoded).error()};
        cell = *decoded;
      }
    }
    any_missing_ = any_missing_ || missing;
    switch (schema.kind) {
      case ColumnKind::kInteger:
        if (missing) {
          append_missing_integer();
        } else {
          integers_.push_back(cell.integer);
          if (!missing_.empty()) missing_.push_back(0);
        }
        seen_.add(SeenForms::kInteger);
        break;
      case ColumnKind::kReal:
        reals_.push_back(cell.as_double());
        seen_.add(SeenForms::kReal);
        break;
      case ColumnKind::kBoolean:
        booleans_.push_back(missing ? kMissingBoolean : static_cast<std::int8_t>(cell.boolean ? 1 : 0));
        seen_.add(SeenForms::kBoolean);
        break;
      case ColumnKind::kText:
        append_texts(&field, 1, 1);
        break;
    }
  }
  return std::nullopt;
}

void ColumnChunk::append_missing_integer() {
  any_missing_ = true;
  if (missing_.empty()) missing_.assign(integers_.size(), 0);
  integers_.push_back(0);
  missing_.push_back(1);
}

void ColumnChunk::widen_for(const CsvField& field) {
  const NumberForm number = field.quoted ? NumberForm::kNone : parse_field(field).form;
  if (is_number(number)) {
    if (form_ == Form::kIntegers) return integers_to_reals();
    seen_.add(seen_form(number));
    if (!seen_.has(SeenForms::kBoolean)) {  // nothing but missing values so far
      reals_.assign(booleans_.size(), kMissingReal);
      booleans_.clear();
      form_ = Form::kReals;
      return;
    }
  } else if (!field.quoted && decode_boolean(field.raw())) {
    seen_.add(SeenForms::kBoolean);
    if (!seen_.settled()) {
      booleans_.assign(integers_.size() + reals_.size(), kMissingBoolean);
      integers_.clear();
      reals_.clear();
      form_ = Form::kBooleans;
      return;
    }
  } else {
    seen_.add(SeenForms::kText);
  }
  give_up();
}

void ColumnChunk::integers_to_reals() {
  reals_.resize(integers_.size());
  for (std::size_t row = 0; row < integers_.size(); ++row) {
    const bool missing = !missing_.empty() && missing_[row] != 0;
    reals_[row] = missing ? kMissingReal : static_cast<double>(integers_[row]);
  }
  integers_.clear();
  missing_.clear();
  form_ = Form::kReals;
}

bool ColumnChunk::holds(ColumnKind kind) const noexcept {
  if (form_ == Form::kNothing) return false;
  if (kind == ColumnKind::kText || form_ == Form::kTexts) {
    return kind == ColumnKind::kText && form_ == Form::kTexts;
  }
  if (seen_.none()) return true;
  switch (form_) {
    case Form::kIntegers:
      return kind != ColumnKind::kBoolean;
    case Form::kReals:
      return kind == ColumnKind::kReal;
    default:
      return kind == ColumnKind::kBoolean;
  }
}

Cells ColumnChunk::take(ColumnKind kind) {
  assert(holds(kind));
  const bool all_missing = seen_.none();
  switch (kind) {
    case ColumnKind::kInteger:
      if (all_missing) {
        return IntegerCells{std::vector<std::int64_t>(row_count_, 0),
                            std::vector<std::uint8_t>(row_count_, 1)};
      }
      return IntegerCells{std::move(integers_), std::move(missing_)};
    case ColumnKind::kReal:
      if (all_missing) return RealCells{std::vector<double>(row_count_, kMissingReal)};
      if (form_ == Form::kIntegers) integers_to_reals();
      return RealCells{std::move(reals_)};
    case ColumnKind::kBoolean:
      if (all_missing) return BooleanCells{std::vector<std::int8_t>(row_count_, kMissingBoolean)};
      return BooleanCells{std::move(booleans_)};
    case ColumnKind::kText:
      break;
  }
  TextCells cells{std::move(text_.codes), {}};
  cells.levels.reserve(text_.levels.size());
  for (std::size_t level = 0; level < text_.levels.size(); ++level)
    cells.levels.emplace_back(text_.levels[level]);
  text_ = {};
  return cells;
}

void ColumnChunk::give_up() {
  integers_.clear();
  missing_.clear();
  reals_.clear();
  booleans_.clear();
  form_ = Form::kNothing;
}

}  // namespace archmlp::table
