#include "archmlp/expression/text_functions.h"

#include <algorithm>

#include "archmlp/expression/case_mapping.h"

namespace archmlp::expression {
namespace {

struct Decoded {
  std::uint32_t code = 0;
  std::size_t length = 0;  // 0: no UTF-8 sequence starts here
};

std::uint32_t byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Lenient about what cannot occur in checked text (overlong forms, surrogates): those map to nothing below.
Decoded decode(std::string_view text, std::size_t at) {
  const std::uint32_t lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || at + length > text.size()) return {};
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint32_t next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (next & 0x3FU);
  }
  return {code, length};
}

/// Appends the mapped form; false if the code point has none.
bool append_mapped(const CaseMapping& mapping, std::uint32_t code, std::string& out) {
  const auto range = std::partition_point(mapping.ranges.begin(), mapping.ranges.end(),
                                          [&](const CaseRange& r) { return r.last < code; });
  if (range != mapping.ranges.end() && code >= range->first &&
      (code - range->first) % static_cast<std::uint32_t>(range->stride) == 0) {
    append_code_point(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(code) + range->delta));
    return true;
  }
  const auto special = std::partition_point(mapping.specials.begin(), mapping.specials.end(),
                                            [&](const CaseSpecial& s) { return s.code < code; });
  if (special == mapping.specials.end() || special->code != code) return false;
  out += special->text;
  return true;
}

void map_case(const CaseMapping& mapping, char first, char last, std::string_view text, std::string& out) {
  out.clear();
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (byte_at(text, at) < 0x80) {
      out += c >= first && c <= last ? static_cast<char>(c ^ 0x20) : c;
      ++at;
      continue;
    }
    const Decoded decoded = decode(text, at);
    const std::size_t length = std::max<std::size_t>(decoded.length, 1);
    if (decoded.length == 0 || !append_mapped(mapping, decoded.code, out)) out += text.substr(at, length);
    at += length;
  }
}

/// White space as Python's str.strip sees it.
bool is_space(std::uint32_t code) {
  if (code < 0x80) return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

std::string_view strip(std::string_view text) {
  while (!text.empty()) {
    const Decoded first = decode(text, 0);
    if (first.length == 0 || !is_space(first.code)) break;
    text.remove_prefix(first.length);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && (byte_at(text, at) & 0xC0U) == 0x80U) --at;
    const Decoded last = decode(text, at);
    if (last.length != text.size() - at || !is_space(last.code)) break;
    text.remove_suffix(last.length);
  }
  return text;
}

}  // namespace

std::string_view apply_text_function(TextFunction function, std::string_view text, std::string& buffer) {
  switch (function) {
    case TextFunction::kLower:
      map_case(lower_mapping(), 'A', 'Z', text, buffer);
      return buffer;
    case TextFunction::kUpper:
      map_case(upper_mapping(), 'a', 'z', text, buffer);
      return buffer;
    case TextFunction::kStrip:
      break;
  }
  return strip(text);
}

std::size_t text_length(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void append_code_point(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

}  // namespace archmlp::expression
