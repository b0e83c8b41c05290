#include "archmlp/datasets/paysim_format.h"

#include <cassert>
#include <charconv>

namespace archmlp::datasets {
namespace {

void append_integer(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  assert(error == std::errc());
  out.append(digits, end);
}

std::string_view name_of(PaysimType type) {
  switch (type) {
    case PaysimType::kCashIn:
      return "CASH_IN";
    case PaysimType::kCashOut:
      return "CASH_OUT";
    case PaysimType::kDebit:
      return "DEBIT";
    case PaysimType::kPayment:
      return "PAYMENT";
    case PaysimType::kTransfer:
      return "TRANSFER";
  }
  return "";
}

void append_name(std::string& out, PaysimName name) {
  out += name.letter;
  append_integer(out, name.number);
}

}  // namespace

void append_java_double(std::string& out, Cents amount) {
  assert(amount >= 0);
  constexpr Cents kScientificFrom = 1'000'000'000;  // 10^7 in hundredths
  const auto hundredths = static_cast<std::uint64_t>(amount);
  if (amount < kScientificFrom) {
    append_integer(out, hundredths / 100);
    const auto cents = static_cast<char>(hundredths % 100);
    out += '.';
    out += static_cast<char>('0' + cents / 10);
    if (cents % 10 != 0) out += static_cast<char>('0' + cents % 10);
    return;
  }
  char digits[20] = {};
  char* end = std::to_chars(digits, digits + sizeof digits, hundredths).ptr;
  const auto exponent = static_cast<std::uint64_t>(end - digits - 3);
  while (end > digits + 2 && end[-1] == '0') --end;
  out += digits[0];
  out += '.';
  out.append(digits + 1, end);
  out += 'E';
  append_integer(out, exponent);
}

std::string_view paysim_header() noexcept {
  return "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,"
         "isFraud,"
         "isFlaggedFraud\n";
}

void append_paysim_row(std::string& out, const PaysimRow& row) {
  append_integer(out, row.step);
  out += ',';
  out += name_of(row.type);
  out += ',';
  append_java_double(out, row.amount);
  out += ',';
  append_name(out, row.origin);
  out += ',';
  append_java_double(out, row.origin_before);
  out += ',';
  append_java_double(out, row.origin_after);
  out += ',';
  append_name(out, row.destination);
  out += ',';
  append_java_double(out, row.destination_before);
  out += ',';
  append_java_double(out, row.destination_after);
  out += row.is_fraud ? ",1" : ",0";
  out += row.is_flagged ? ",1\n" : ",0\n";
}

}  // namespace archmlp::datasets
