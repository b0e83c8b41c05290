// replace with a regular expression: what matches in a text becomes another text.

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/cell_map.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using contract::ColumnKind;
using table::Cell;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestPattern = 4096;
constexpr std::size_t kLongestText =
    std::size_t{1} << 20U;  // that is made: steps behind each other cannot grow one for ever
constexpr std::int64_t kPatternMemory = std::int64_t{1} << 20;
constexpr int kMostGroups = 10;  // the whole match, and \1 to \9

/// The number of bytes of the UTF-8 character at `text`.
std::size_t character_size(re2::StringPiece text) noexcept {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}

class RegexMap final : public CellMap {
 public:
  RegexMap(std::shared_ptr<const RE2> regex, std::optional<std::string> with)
      : CellMap(ColumnKind::kText, with.has_value()),
        regex_(std::move(regex)),
        with_(std::move(with)),
        group_count_(with_ ? 1 + RE2::MaxSubmatch(*with_) : 1) {}

  std::optional<Cell> apply(const Cell& cell, std::string& buffer) const override {
    const re2::StringPiece text(cell.text.data(), cell.text.size());
    if (!regex_->Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0)) return cell;
    if (!with_) return Cell::none(ColumnKind::kText);
    buffer.clear();
    if (!rewrite(text, buffer)) return std::nullopt;
    return Cell::of(std::string_view(buffer));
  }

  Error refusal(std::string_view column, const Cell& /*cell*/) const override {
    return {.code = base::ErrorCode::kResourceLimit,
            .message = fmt::format("column {}: the replaced text would have more than {} bytes",
                                   base::quoted(column), base::with_thousands(kLongestText)),
            .hint = "use a shorter `with`"};
  }

 private:
  /// As Python's re.sub: from left to right, and an empty match counts unless the one before it ended there.
  bool rewrite(re2::StringPiece text, std::string& out) const {
    std::array<re2::StringPiece, kMostGroups> groups;
    std::size_t position = 0;  // what stands before it is in `out`
    std::size_t start = 0;     // where the next match may begin
    while (start <= text.size() &&
           regex_->Match(text, start, text.size(), RE2::UNANCHORED, groups.data(), group_count_)) {
      const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
      const std::size_t end = begin + groups[0].size();
      out.append(text.data() + position, begin - position);
      regex_->Rewrite(&out, *with_, groups.data(), group_count_);
      position = end;
      start = end;
      if (groups[0].empty()) {
        if (end == text.size()) break;
        start += character_size(re2::StringPiece(text.data() + end, text.size() - end));
        out.append(text.data() + end, start - end);
        position = start;
      }
      if (out.size() > kLongestText) return false;
    }
    out.append(text.data() + position, text.size() - position);
    return out.size() <= kLongestText;
  }

  std::shared_ptr<const RE2> regex_;
  std::optional<std::string> with_;
  int group_count_;
};

Result<std::shared_ptr<const RE2>> compiled(const std::string& pattern,
                                            const std::optional<std::string>& with) {
  if (pattern.size() > kLongestPattern || (with && with->size() > kLongestPattern)) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("a regular expression or its replacement has more than {} bytes",
                                        kLongestPattern)};
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto regex = std::make_shared<const RE2>(pattern, options);
  if (!regex->ok()) {
    return Error{.message = fmt::format("the regular expression {} is not valid: {}", base::quoted(pattern),
                                        regex->error()),
                 .hint =
                     "write it as RE2 takes it: no look-around, no back-references; single quotes keep "
                     "backslashes in YAML"};
  }
  std::string problem;
  if (with && !regex->CheckRewriteString(*with, &problem)) {
    return Error{.message = fmt::format("the replacement {} does not go with the regular expression: {}",
                                        base::quoted(*with), problem),
                 .hint = "\\1 to \\9 stand for the groups, \\\\ for a backslash"};
  }
  return regex;
}

class ReplaceRegex final : public Step {
 public:
  ReplaceRegex(std::vector<std::string> columns, std::string pattern, std::optional<std::string> with)
      : columns_(std::move(columns)), pattern_(std::move(pattern)), with_(std::move(with)) {}

  std::string_view kind() const noexcept override { return "replace"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    json["regex"] = pattern_;
    json["with"] = with_ ? Json(*with_) : Json(nullptr);
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_columns(input, columns_));
    const std::shared_ptr<const RE2> regex = TRY(compiled(pattern_, with_));
    contract::Schema output = input;
    std::vector<MappedColumn> mapped;
    for (const std::size_t index : indices) {
      contract::ColumnSchema& column = output.columns[index];
      if (column.kind != ColumnKind::kText) {
        return Error{.message = fmt::format("column {} is {}, and a regular expression is for text",
                                            base::quoted(column.name), to_string(column.kind)),
                     .hint = "use a map or a condition, or cast it to text first"};
      }
      column.nullable = column.nullable || !with_;
      mapped.push_back({index, std::make_shared<const RegexMap>(regex, with_)});
    }
    return bind_cell_maps(std::move(output), std::move(mapped));
  }

 private:
  std::vector<std::string> columns_;
  std::string pattern_;
  std::optional<std::string> with_;
};

}  // namespace

StepPointer make_replace_regex(std::vector<std::string> columns, std::string regex,
                               std::optional<std::string> with) {
  return std::make_shared<ReplaceRegex>(std::move(columns), std::move(regex), std::move(with));
}

Result<StepPointer> read_replace_regex(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "regex", "with"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  std::string pattern = TRY(json.text("regex"));
  const Json* with = TRY(json.member("with"));
  std::optional<std::string> text;
  if (!with->is_null()) text = TRY(json.text("with"));
  return make_replace_regex(std::move(columns), std::move(pattern), std::move(text));
}

}  // namespace archmlp::transform
