#include "archmlp/table/csv_scanner.h"

#include <algorithm>
#include <bit>

#include "archmlp/table/csv_masks.h"

namespace archmlp::table {

std::size_t unescape(const CsvField& field, char* out) noexcept {
  char* const begin = out;
  for (std::size_t i = 0; i < field.size; ++i) {
    *out++ = field.begin[i];
    if (field.escaped && field.begin[i] == '"') ++i;
  }
  return static_cast<std::size_t>(out - begin);
}

std::string_view text_of(const CsvField& field, std::string& scratch) {
  if (!field.escaped) return field.raw();
  scratch.resize(field.size);
  scratch.resize(unescape(field, scratch.data()));
  return scratch;
}

CsvScanner::CsvScanner(std::string_view text, char delimiter, std::size_t field_count)
    : begin_(text.data()),
      position_(text.data()),
      end_(text.data() + text.size()),
      delimiter_(delimiter),
      field_count_(field_count),
      window_begin_(text.data()) {}

void CsvScanner::load_window() {
  window_begin_ += window_size_;
  window_size_ = std::min(kWindow, static_cast<std::size_t>(end_ - window_begin_));
  std::array<std::uint64_t, kWindow / 64> masks;  // NOLINT: filled as far as it is read
  all_ascii_ = find_csv_specials(window_begin_, window_size_, delimiter_, masks.data()) && all_ascii_;
  next_ = 0;
  std::uint16_t* out = specials_.data();
  for (std::size_t group = 0; group * 64 < window_size_; ++group) {
    std::uint64_t mask = masks[group];
    const int count = std::popcount(mask);
    // Eight at a time without looking: what is written beyond the count is overwritten.
    for (int done = 0; done < count; done += 8) {
      for (int i = 0; i < 8; ++i) {
        out[done + i] = static_cast<std::uint16_t>(group * 64 + (std::countr_zero(mask) & 63));
        mask &= mask - 1;
      }
    }
    out += count;
  }
  special_count_ = static_cast<std::size_t>(out - specials_.data());
}

inline const char* CsvScanner::next_special() {
  while (next_ == special_count_) {
    load_window();
    if (window_size_ == 0) return end_;
  }
  return window_begin_ + specials_[next_++];
}

inline bool CsvScanner::read_plain_record(CsvBlock& block) {
  if (field_count_ == 0 || special_count_ - next_ <= field_count_) return false;
  const std::uint16_t* const specials = specials_.data() + next_;
  CsvField* const fields = block.fields.data() + block.records.size() * field_count_;
  const char* begin = position_;
  const bool has_room = begin - begin_ >= 16;
  const std::size_t last = field_count_ - 1;
  for (std::size_t field = 0; field < last; ++field) {
    const char* const special = window_begin_ + specials[field];
    if (*special != delimiter_) return false;
    fields[field] = {
        .begin = begin, .size = static_cast<std::uint32_t>(special - begin), .has_room = has_room};
    begin = special + 1;
  }
  const char* const line_end = window_begin_ + specials[last];
  const bool pair = *line_end == '\r' && window_begin_ + specials[last + 1] == line_end + 1;
  if (*(line_end + (pair ? 1 : 0)) != '\n') return false;
  fields[last] = {.begin = begin, .size = static_cast<std::uint32_t>(line_end - begin), .has_room = has_room};
  block.records.push_back(position_);
  position_ = line_end + (pair ? 2 : 1);
  next_ += field_count_ + (pair ? 1 : 0);
  return true;
}

std::optional<CsvFault> CsvScanner::next(std::size_t max_rows, CsvBlock& block) {
  block.records.clear();
  if (field_count_ == 0) block.fields.clear();
  while (position_ != end_ && block.records.size() < max_rows) {
    const std::size_t needed = (block.records.size() + 1) * field_count_;
    if (block.fields.size() < needed) block.fields.resize(std::max(needed, block.fields.size() * 2));
    if (read_plain_record(block)) continue;
    if (auto fault = read_record(block)) {
      position_ = end_;
      return fault;
    }
  }
  return std::nullopt;
}

std::optional<CsvFault> CsvScanner::read_quoted(CsvField& field, std::size_t field_index,
                                                const char* record) {
  const char* const opening = next_special();
  field.quoted = true;
  field.begin = opening + 1;
  while (true) {
    const char* quote = next_special();
    while (quote != end_ && *quote != '"') quote = next_special();
    if (quote == end_) {
      return CsvFault{CsvFault::Kind::kUnclosedQuote, record, end_, opening, field_index};
    }
    if (quote + 1 != end_ && quote[1] == '"') {
      next_special();
      field.escaped = true;
      continue;
    }
    field.size = static_cast<std::uint32_t>(quote - field.begin);
    position_ = quote + 1;
    const bool ends =
        position_ == end_ || *position_ == delimiter_ || *position_ == '\n' || *position_ == '\r';
    if (ends) return std::nullopt;
    return CsvFault{CsvFault::Kind::kTextBehindQuote, record, position_, position_, field_index};
  }
}

std::optional<CsvFault> CsvScanner::read_record(CsvBlock& block) {
  const char* const record = position_;
  std::size_t found = 0;
  const char* special = nullptr;
  while (true) {
    CsvField field;
    if (position_ != end_ && *position_ == '"') {
      if (auto fault = read_quoted(field, found, record)) return fault;
      special = next_special();
    } else {
      field.begin = position_;
      special = next_special();
      while (special != end_ && *special == '"') special = next_special();
      field.size = static_cast<std::uint32_t>(special - position_);
    }
    ++found;
    if (field_count_ == 0) {
      block.fields.push_back(field);
    } else if (found <= field_count_) {
      block.fields[block.records.size() * field_count_ + found - 1] = field;
    }
    if (field_count_ == 0 && found > kMostFields) {
      return CsvFault{CsvFault::Kind::kTooManyFields, record, special, nullptr, found};
    }
    if (special == end_) break;
    position_ = special + 1;
    if (*special != delimiter_) break;
  }
  if (special == end_) {
    position_ = end_;
  } else if (*special == '\r' && position_ != end_ && *position_ == '\n') {
    next_special();
    ++position_;
  }
  if (field_count_ == 0) field_count_ = found;
  if (found != field_count_) return CsvFault{CsvFault::Kind::kRagged, record, special, nullptr, found};
  block.records.push_back(record);
  return std::nullopt;
}

}  // namespace archmlp::table
