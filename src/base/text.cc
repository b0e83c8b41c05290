#include "archmlp/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "archmlp/base/number_text.h"

namespace archmlp::base {
namespace {

/// Edit distance with swaps of neighbours; gives up (returns limit + 1) beyond `limit`.
/// Source: Damerau 1964 (restricted form).
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(current);
  }
  return std::min(last[b.size()], limit + 1);
}

/// Length of the valid UTF-8 sequence at `text`, or 0. Source: RFC 3629, section 4.
std::size_t utf8_length(const unsigned char* text, std::size_t size) noexcept {
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < size && text[i] >= low && text[i] <= high;
  };
  const unsigned lead = text[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> known,
                                       std::size_t limit) {
  constexpr std::size_t kLongestCompared = 200;  // keeps the cost bounded for hostile names
  const std::string lower_wanted = to_lower(wanted.substr(0, kLongestCompared));
  const std::size_t tolerance = std::max<std::size_t>(1, std::min<std::size_t>(lower_wanted.size() / 3, 4));
  std::vector<std::pair<std::size_t, std::size_t>> found;  // distance, index
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string lower_known = to_lower(std::string_view(known[i]).substr(0, kLongestCompared));
    std::size_t distance = edit_distance(lower_wanted, lower_known, tolerance);
    const bool contains = lower_wanted.size() >= 3 && lower_known.find(lower_wanted) != std::string::npos;
    if (distance > tolerance && contains) distance = tolerance;
    if (distance <= tolerance) found.emplace_back(distance, i);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.resize(limit);
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const auto& [distance, index] : found) names.push_back(known[index]);
  return names;
}

std::string suggest_names(std::string_view wanted, std::span<const std::string> known) {
  const std::vector<std::string> near = nearest_names(wanted, known);
  std::string hint;
  if (!near.empty()) {
    hint = "did you mean ";
    for (std::size_t i = 0; i < near.size(); ++i) {
      if (i > 0) hint += i + 1 == near.size() ? " or " : ", ";
      hint += base::quoted(near[i]);
    }
    return hint + "?";
  }
  if (known.empty()) return "there are none to choose from";
  constexpr std::size_t kShown = 10;
  hint = "known: ";
  for (std::size_t i = 0; i < std::min(known.size(), kShown); ++i) {
    if (i > 0) hint += ", ";
    hint += base::quoted(known[i]);
  }
  if (known.size() > kShown) hint += ", … (" + std::to_string(known.size()) + " in all)";
  return hint;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongestShown = 60;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown = "\"";
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = 0;
  while (i < text.size()) {
    if (i >= kLongestShown) return shown + "…\"";
    const std::size_t length = utf8_length(bytes + i, text.size() - i);
    const unsigned char byte = bytes[i];
    if (byte == '\n') {
      shown += "\\n";
    } else if (byte == '\r') {
      shown += "\\r";
    } else if (byte == '\t') {
      shown += "\\t";
    } else if (byte == '"' || byte == '\\') {
      shown += '\\';
      shown += static_cast<char>(byte);
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      shown += "\\x";
      shown += kDigits[byte >> 4U];
      shown += kDigits[byte & 15U];
    } else {
      shown += text.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return shown + '"';
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = 0;
  while (i < text.size()) {
    while (i + 8 <= text.size()) {  // eight ASCII bytes at a time
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + i, 8);
      if ((word & 0x8080808080808080ULL) != 0) break;
      i += 8;
    }
    if (i >= text.size()) break;
    const std::size_t length = utf8_length(bytes + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

void append_real(std::string& out, double value) {
  std::array<char, kNumberTextSize> digits{};
  out.append(digits.data(), write_real(digits.data(), value));
}

std::string format_real(double value) {
  std::string text;
  append_real(text, value);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return x == y || to_lower(x) == to_lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.empty()) return {};
  while (is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string with_thousands(std::size_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace archmlp::base
