#include "archmlp/contract/yaml_json.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/field_table.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = 256 * 1024;
constexpr std::size_t kMaxValues = 20'000;
constexpr std::size_t kMaxDepth = 40;
constexpr std::size_t kMaxIndicators = 4 * kMaxDepth;

std::string mark_text(const YAML::Mark& mark) {
  if (mark.is_null()) return "1:1";
  return fmt::format("{}:{}", mark.line + 1, mark.column + 1);
}

class Converter {
 public:
  Converter(MarkedJson& document, const std::string& source_name)
      : document_(document), source_name_(source_name) {}

  Result<Json> convert(const YAML::Node& node, const std::string& path, std::size_t depth) {
    if (++value_count_ > kMaxValues) {
      return limit(node,
                   fmt::format("more than {} values, aliases counted wherever they are used", kMaxValues));
    }
    if (depth > kMaxDepth) return limit(node, fmt::format("nested more than {} levels deep", kMaxDepth));
    document_.marks.emplace(path, mark_text(node.Mark()));
    switch (node.Type()) {
      case YAML::NodeType::Sequence:
        return convert_list(node, path, depth);
      case YAML::NodeType::Map:
        return convert_map(node, path, depth);
      case YAML::NodeType::Scalar:
        return convert_scalar(node);
      default:
        return Json(nullptr);
    }
  }

 private:
  Error error_at(const YAML::Node& node, std::string message, std::string hint = "") const {
    return Error{.message = std::move(message),
                 .where = fmt::format("{}:{}", source_name_, mark_text(node.Mark())),
                 .hint = std::move(hint)};
  }

  Error limit(const YAML::Node& node, const std::string& what) const {
    Error error = error_at(node, "the document is too large: " + what);
    error.code = ErrorCode::kResourceLimit;
    return error;
  }

  Result<Json> convert_scalar(const YAML::Node& node) const {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    if (base::find_invalid_utf8(text)) return error_at(node, "the text is not valid UTF-8");
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return Json(text);
    if (!tag.empty() && tag != "?")
      return error_at(node, "tags such as " + base::quoted(tag) + " are not used here");
    auto value = json_from_scalar(text);
    if (!value.ok()) return error_at(node, value.error().message, value.error().hint);
    return value;
  }

  Result<Json> convert_list(const YAML::Node& node, const std::string& path, std::size_t depth) {
    Json list = Json::array();
    for (const auto& item : node) {
      list.push_back(TRY(convert(item, fmt::format("{}[{}]", path, list.size()), depth + 1)));
    }
    return list;
  }

  Result<Json> convert_map(const YAML::Node& node, const std::string& path, std::size_t depth) {
    Json map = Json::object();
    std::unordered_set<std::string> keys;
    for (const auto& entry : node) {
      const YAML::Node& key_node = entry.first;
      if (!key_node.IsScalar() && !key_node.IsNull())
        return error_at(key_node, "a key must be one word or text");
      const std::string key = key_node.IsNull() ? "null" : key_node.Scalar();
      if (base::find_invalid_utf8(key)) return error_at(key_node, "the key is not valid UTF-8");
      if (!keys.insert(key).second) {
        return error_at(key_node, "the key " + base::quoted(key) + " occurs twice", "remove one of them");
      }
      const std::string key_path = path.empty() ? key : fmt::format("{}.{}", path, key);
      document_.marks.emplace(key_path, mark_text(key_node.Mark()));
      Json value = TRY(convert(entry.second, key_path, depth + 1));
      map.get_ref<Json::object_t&>().emplace_back(key, std::move(value));
    }
    return map;
  }

  MarkedJson& document_;
  const std::string& source_name_;
  std::size_t value_count_ = 0;
};

/// Where the text whose opening quote stands at `at` ends, behind its closing quote; npos if it has none.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || text.substr(at + 1, 1) != "'") return at + 1;
      ++at;
    }
  }
  return text.npos;
}

struct UnclosedQuote {
  YAML::Mark mark;
};

/// Listens to the parser without building anything, and stops it before a document grows too large, and where
/// a quote stays open to the end, which the parser lets pass.
class Meter : public YAML::EventHandler {
 public:
  explicit Meter(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // the parser does not count it
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    count(mark);
    const std::size_t at = behind_properties(static_cast<std::size_t>(mark.pos));
    const bool is_quoted = at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
    if (is_quoted && end_of_quoted(text_, at) == text_.npos) throw UnclosedQuote{mark};
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnMapEnd() override {}

  const YAML::Mark& start() const noexcept { return start_; }

 private:
  void count(const YAML::Mark& mark) {
    // A map's keys are no values of their own in convert(), hence twice as many.
    if (++event_count_ > 2 * kMaxValues) throw YAML::Exception(mark, "there are too many values");
  }

  /// A scalar's mark is that of its tag or anchor, if it has one.
  std::size_t behind_properties(std::size_t at) const noexcept {
    constexpr std::string_view kBlanks = " \t\r\n";
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!'))
      at = text_.find_first_not_of(kBlanks, text_.find_first_of(kBlanks, at));
    return at;
  }

  std::string_view text_;
  YAML::Mark start_;
  std::size_t event_count_ = 0;
};

std::string position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("{}:{}", line, offset - line_start + 1);
}

/// Not by YAML::LoadAll, which never ends on some malformed documents (a lone comma).
Result<MarkedJson> convert_document(const std::string& text, const std::string& source_name) {
  std::istringstream stream(text + '\n');  // a quote that is open there is found by Meter, in its place
  YAML::Parser parser(stream);
  Meter meter(text);
  if (!parser.HandleNextDocument(meter))
    return Error{.message = "the document is empty", .where = source_name};
  if (parser.HandleNextDocument(meter)) {
    return Error{.message = "something follows the end of the document",
                 .where = fmt::format("{}:{}", source_name, mark_text(meter.start())),
                 .hint = "keep one document in the file; `---` starts a new one"};
  }
  MarkedJson result;
  Converter converter(result, source_name);
  result.json = TRY(converter.convert(YAML::Load(text), "", 0));
  return result;
}

/// The parser's time and memory grow faster than its input where brackets are never closed.
bool nests_too_deep(std::string_view text) noexcept {
  std::size_t depth = 0;
  for (const char character : text) {
    if (character == '[' || character == '{') ++depth;
    if ((character == ']' || character == '}') && depth > 0) --depth;
    if (depth > kMaxIndicators) return true;
  }
  return false;
}

}  // namespace

Result<MarkedJson> parse_yaml(std::string_view text, const std::string& source_name) {
  if (text.size() > kMaxBytes || nests_too_deep(text)) {
    return Error{
        .code = ErrorCode::kResourceLimit,
        .message = fmt::format("the document is too large: more than {} KiB, or too many open brackets",
                               kMaxBytes / 1024),
        .where = source_name};
  }
  if (const auto offset = base::find_invalid_utf8(text)) {
    return Error{.message = "the document is not valid UTF-8",
                 .where = fmt::format("{}:{}", source_name, position_of(text, *offset)),
                 .hint = "save it as UTF-8"};
  }
  try {
    return convert_document(std::string(text), source_name);
  } catch (const UnclosedQuote& quote) {
    return Error{.message = "the quote that opens here is never closed",
                 .where = fmt::format("{}:{}", source_name, mark_text(quote.mark)),
                 .hint = "close it; inside double quotes, one is written \\\", inside single quotes ''"};
  } catch (const YAML::Exception& problem) {
    return Error{.message = "not valid YAML: " + problem.msg,
                 .where = fmt::format("{}:{}", source_name, mark_text(problem.mark)),
                 .hint = "quote text that holds any of : # ` { } [ ] , & * ! | > % @"};
  } catch (const std::exception& problem) {
    return Error{.message = fmt::format("not valid YAML: {}", problem.what()), .where = source_name};
  }
}

Error locate(Error error, const MarkedJson& document, const std::string& source_name) {
  std::string_view path = error.where;
  auto mark = document.marks.find(path);
  while (mark == document.marks.end() && !path.empty()) {
    const std::size_t end = path.find_last_of(".[");
    path = end == path.npos ? std::string_view() : path.substr(0, end);
    mark = document.marks.find(path);
  }
  if (!error.where.empty()) error.message = fmt::format("{}: {}", error.where, error.message);
  error.where = fmt::format("{}:{}", source_name, mark == document.marks.end() ? "1:1" : mark->second);
  return error;
}

}  // namespace archmlp::contract
