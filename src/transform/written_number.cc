#include "archmlp/transform/written_number.h"

#include <array>
#include <cmath>

#include "archmlp/table/cell_decoder.h"
#include "archmlp/transform/blanks.h"

namespace archmlp::transform {
namespace {

/// The currencies in use, as ISO 4217 calls them.
constexpr std::string_view kCurrencyCodes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD "
    "HKD "
    "HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD "
    "LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR "
    "PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND "
    "TOP "
    "TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL ";
constexpr std::array<std::string_view, 10> kSigns = {"$",      "\u00A2", "\u00A3", "\u00A4", "\u00A5",
                                                     "\u0E3F", "\uFDFC", "\uFF04", "\uFFE1", "\uFFE5"};
constexpr std::string_view kTrueMinus = "\u2212";
constexpr std::string_view kCurlyApostrophe = "\u2019";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_code(std::string_view text) noexcept {
  for (const char c : text) {
    if (c < 'A' || c > 'Z') return false;
  }
  const std::size_t found = kCurrencyCodes.find(text);
  return text.size() == 3 && found != kCurrencyCodes.npos && found % 4 == 0;
}
/// U+20A0 to U+20CF, Unicode's block of currency signs.
bool is_in_sign_block(std::string_view text) noexcept {
  if (text.size() != 3 || text[0] != '\xE2') return false;
  const auto middle = static_cast<unsigned char>(text[1]);
  const auto last = static_cast<unsigned char>(text[2]);
  return (middle == 0x82 && last >= 0xA0) || (middle == 0x83 && last <= 0x8F);
}

bool is_currency(std::string_view text, const NumberNotation& notation) noexcept {
  if (!notation.currency.empty()) return text == notation.currency;
  for (const std::string_view sign : kSigns) {
    if (text == sign) return true;
  }
  return is_code(text) || is_in_sign_block(text);
}

bool take(std::string_view& text, std::string_view wanted) noexcept {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

/// A number in the notation that decode_real takes.
class PlainNumber {
 public:
  bool read(std::string_view written, const NumberNotation& notation) noexcept {
    std::string_view text = trimmed(written);
    if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
      negative_ = true;
      has_sign_ = true;
      text = trimmed(text.substr(1, text.size() - 2));
    }
    take_prefix(text, notation);
    take_suffix(text, notation);
    if (negative_) add('-');
    return take_digits(text, notation) && (text.empty() || take_exponent(text)) && text.empty() &&
           size_ <= digits_.size();
  }

  std::string_view text() const noexcept { return {digits_.data(), size_}; }
  bool is_percent() const noexcept { return percent_; }

 private:
  void add(char c) noexcept {
    if (size_ < digits_.size()) digits_[size_] = c;
    ++size_;
  }
  void add_digits(std::string_view& text, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) add(text[i]);
    text.remove_prefix(count);
  }

  /// A sign and a currency, in either order.
  void take_prefix(std::string_view& text, const NumberNotation& notation) noexcept {
    for (int part = 0; part < 2; ++part) {
      if (!has_sign_ && (text.starts_with('-') || text.starts_with('+') || text.starts_with(kTrueMinus))) {
        has_sign_ = true;
        negative_ = !take(text, "+");
        if (negative_ && !take(text, "-")) take(text, kTrueMinus);
      } else if (!has_currency_) {
        const std::size_t most = notation.currency.empty() ? 3 : notation.currency.size();
        for (std::size_t length = most; length > 0 && !has_currency_; --length) {
          if (length > text.size() || !is_currency(text.substr(0, length), notation)) continue;
          has_currency_ = true;
          text.remove_prefix(length);
        }
      }
      text = without_leading_blanks(text);
    }
  }

  /// A percent sign or a currency.
  void take_suffix(std::string_view& text, const NumberNotation& notation) noexcept {
    if (text.ends_with('%')) {
      percent_ = true;
      text.remove_suffix(1);
    } else if (!has_currency_) {
      const std::size_t most = notation.currency.empty() ? 3 : notation.currency.size();
      for (std::size_t length = most; length > 0 && !has_currency_; --length) {
        if (length > text.size() || !is_currency(text.substr(text.size() - length), notation)) continue;
        has_currency_ = true;
        text.remove_suffix(length);
      }
    }
    text = trimmed(text);
  }

  static bool take_separator(std::string_view& text, const NumberNotation& notation) noexcept {
    if (notation.thousands.empty()) return false;
    if (take(text, notation.thousands)) return true;
    if (notation.thousands == "'") return take(text, kCurlyApostrophe);
    if (notation.thousands != " ") return false;
    const std::size_t blank = leading_blank(text);
    text.remove_prefix(blank);
    return blank > 0;
  }

  bool take_digits(std::string_view& text, const NumberNotation& notation) noexcept {
    std::size_t whole = 0;       // digits before the decimal sign
    std::size_t last_group = 0;  // the length of the group before this one
    std::size_t group_count = 0;
    while (true) {
      std::size_t count = 0;
      while (count < text.size() && is_digit(text[count])) ++count;
      if (group_count > 0 && count != 2 && count != 3) return false;
      // No leading zeros, which decode_real does not take.
      std::string_view group = text.substr(0, count);
      text.remove_prefix(count);
      while (!has_digit_ && group.starts_with('0')) group.remove_prefix(1);
      has_digit_ = has_digit_ || !group.empty();
      add_digits(group, group.size());
      whole += count;
      if (group_count == 0 && count > 3 && is_grouped(text, notation)) return false;
      last_group = count;
      ++group_count;
      if (count == 0 || !is_grouped(text, notation)) break;
      take_separator(text, notation);
    }
    if (group_count > 1 && last_group != 3) return false;
    if (!has_digit_) add('0');
    if (!text.starts_with(notation.decimal)) return whole > 0;
    text.remove_prefix(1);
    std::size_t fraction = 0;
    while (fraction < text.size() && is_digit(text[fraction])) ++fraction;
    if (whole == 0 && fraction == 0) return false;
    if (fraction > 0) add('.');
    add_digits(text, fraction);
    return true;
  }

  /// Does another group of digits follow?
  static bool is_grouped(std::string_view text, const NumberNotation& notation) noexcept {
    return take_separator(text, notation) && !text.empty() && is_digit(text.front());
  }

  bool take_exponent(std::string_view& text) noexcept {
    if (!text.starts_with('e') && !text.starts_with('E')) return false;
    add('e');
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) add_digits(text, 1);
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    if (count == 0) return false;
    add_digits(text, count);
    return true;
  }

  std::array<char, 800> digits_;  // no longer number has a meaning that a shorter one has not
  std::size_t size_ = 0;
  bool has_sign_ = false;
  bool negative_ = false;
  bool has_currency_ = false;
  bool percent_ = false;
  bool has_digit_ = false;
};

}  // namespace

std::optional<double> read_real(std::string_view written, const NumberNotation& notation) noexcept {
  PlainNumber plain;
  if (!plain.read(written, notation)) return std::nullopt;
  const std::optional<double> real = table::decode_real(plain.text());
  return real && plain.is_percent() ? std::optional(*real / 100.0) : real;
}

std::optional<std::int64_t> read_integer(std::string_view written, const NumberNotation& notation) noexcept {
  PlainNumber plain;
  if (!plain.read(written, notation)) return std::nullopt;
  if (!plain.is_percent()) return table::decode_integer(plain.text(), false);
  const std::optional<double> real = table::decode_real(plain.text());
  if (!real || std::abs(*real) >= 0x1p53 || std::trunc(*real / 100.0) != *real / 100.0) return std::nullopt;
  return static_cast<std::int64_t>(*real / 100.0);
}

}  // namespace archmlp::transform
