#include "archmlp/profile/html_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "archmlp/base/hash.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

/// Three bytes of UTF-8: U+2028, U+2029, U+202A to U+202E, U+2066 to U+2069, U+FEFF.
bool is_deceptive(std::string_view character) {
  if (character.size() < 3) return false;
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(character[index]); };
  if (byte(0) == 0xE2 && byte(1) == 0x80) return 0xA8 <= byte(2) && byte(2) <= 0xAE;
  if (byte(0) == 0xE2 && byte(1) == 0x81) return 0xA6 <= byte(2) && byte(2) <= 0xA9;
  return byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF;
}

std::uint32_t code_of(std::string_view character) {
  const auto bits = [&](std::size_t index, std::uint32_t mask) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(character[index])) & mask;
  };
  return bits(0, 0x0F) << 12U | bits(1, 0x3F) << 6U | bits(2, 0x3F);
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const bool padding = at + i > bytes.size();
      text += padding ? '=' : kDigits[group >> (18 - 6 * i) & 0x3FU];
    }
  }
  return text;
}

}  // namespace

std::string html_text(std::string_view text) {
  const std::string visible = table::printable(text);
  std::string html;
  html.reserve(visible.size());
  for (std::size_t at = 0; at < visible.size(); ++at) {
    switch (visible[at]) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        if (const std::string_view character = std::string_view(visible).substr(at, 3);
            is_deceptive(character)) {
          html += fmt::format("\\u{:04x}", code_of(character));
          at += 2;
        } else {
          html += visible[at];
        }
    }
  }
  return html;
}

std::string json_for_script(const nlohmann::ordered_json& json) {
  const std::string text = json.dump(-1, ' ', /*ensure_ascii=*/true);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string script_hash(std::string_view script) {
  const std::string hex = base::sha256_hex(script);
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return "'sha256-" + base64(bytes) + "'";
}

}  // namespace archmlp::profile
