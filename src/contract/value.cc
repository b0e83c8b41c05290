#include "archmlp/contract/value.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"

namespace archmlp::contract {
namespace {

using base::Error;

/// Missing, boolean, number, text.
int rank_of(const Value& value) noexcept {
  switch (value.index()) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
    case 3:
      return 2;
    default:
      return 3;
  }
}

/// Exact, also where the integer has no double of its own.
bool integer_less_than_real(std::int64_t integer, double real) noexcept {
  if (real >= 0x1p63) return true;
  if (real < -0x1p63) return false;
  const double floored = std::floor(real);
  const auto whole = static_cast<std::int64_t>(floored);
  return integer < whole || (integer == whole && real > floored);
}

bool real_less_than_integer(double real, std::int64_t integer) noexcept {
  if (real >= 0x1p63) return false;
  if (real < -0x1p63) return true;
  return static_cast<std::int64_t>(std::floor(real)) < integer;
}

bool number_less(const Value& a, const Value& b) noexcept {
  const auto* a_integer = std::get_if<std::int64_t>(&a);
  const auto* b_integer = std::get_if<std::int64_t>(&b);
  if (a_integer != nullptr && b_integer != nullptr) return *a_integer < *b_integer;
  if (a_integer != nullptr) return integer_less_than_real(*a_integer, *std::get_if<double>(&b));
  if (b_integer != nullptr) return real_less_than_integer(*std::get_if<double>(&a), *b_integer);
  return *std::get_if<double>(&a) < *std::get_if<double>(&b);
}

}  // namespace

std::string to_text(const Value& value) {
  switch (value.index()) {
    case 0:
      return "";
    case 1:
      return std::get<bool>(value) ? "true" : "false";
    case 2:
      return std::to_string(std::get<std::int64_t>(value));
    case 3:
      return base::format_real(std::get<double>(value));
    default:
      return std::get<std::string>(value);
  }
}

nlohmann::ordered_json to_json(const Value& value) {
  switch (value.index()) {
    case 0:
      return nullptr;
    case 1:
      return std::get<bool>(value);
    case 2:
      return std::get<std::int64_t>(value);
    case 3:
      assert(std::isfinite(std::get<double>(value)));
      return std::get<double>(value);
    default:
      return std::get<std::string>(value);
  }
}

base::Result<Value> value_from_json(const nlohmann::ordered_json& json) {
  switch (json.type()) {
    case nlohmann::ordered_json::value_t::null:
      return Value();
    case nlohmann::ordered_json::value_t::boolean:
      return Value(json.get<bool>());
    case nlohmann::ordered_json::value_t::number_integer:
      return Value(json.get<std::int64_t>());
    case nlohmann::ordered_json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return Error{.message = "the integer " + std::to_string(number) + " is beyond 64 bits with sign",
                     .hint = "write it with a fraction (as in 1e20) to use it as a real number, or quote it"};
      }
      return Value(static_cast<std::int64_t>(number));
    }
    case nlohmann::ordered_json::value_t::number_float:
      if (!std::isfinite(json.get<double>())) return Error{.message = "the number is not finite"};
      return Value(json.get<double>());
    case nlohmann::ordered_json::value_t::string:
      return Value(json.get<std::string>());
    case nlohmann::ordered_json::value_t::object:
      return Error{.message = "expected one value, found an object"};
    default:
      return Error{.message = "expected one value, found a list"};
  }
}

bool value_less(const Value& a, const Value& b) noexcept {
  const int a_rank = rank_of(a);
  const int b_rank = rank_of(b);
  if (a_rank != b_rank) return a_rank < b_rank;
  switch (a_rank) {
    case 1:
      return !*std::get_if<bool>(&a) && *std::get_if<bool>(&b);
    case 2:
      return number_less(a, b);
    case 3:
      return *std::get_if<std::string>(&a) < *std::get_if<std::string>(&b);
    default:
      return false;
  }
}

}  // namespace archmlp::contract
