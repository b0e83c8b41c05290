#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace archmlp::base {

/// What kind of thing went wrong; decides the exit code and the HTTP status.
enum class ErrorCode {
  kInvalidInput,       // the data, the recipe, a parameter or a request is wrong
  kContractBroken,     // a stage did not hand over what it promised; `component` names it
  kOutsidePopulation,  // a record that the recipe's filter drops: the model has nothing to say of it
  kNotFound,           // a file, a model, a column asked for by the user does not exist
  kIo,                 // the operating system refused a read or a write
  kResourceLimit,      // a documented limit would be exceeded
  kCancelled,          // the user asked to stop
};

/// What went wrong, where in the *data* or the *request*, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::kInvalidInput;
  std::string message;    // one sentence without a full stop: `column "age": expected a number, found "n/a"`
  std::string where;      // `train.csv:105` or `body[3].age`; empty if nowhere in particular
  std::string hint;       // what to do, an imperative sentence; may be empty
  std::string component;  // kContractBroken only: the stage at fault, e.g. "preprocess"
};

/// `where: message. Hint: hint`, with `contract broken by component: ` in front where there is one.
std::string to_string(const Error& error);
/// The same error seen from outside: `where` becomes `place: where`.
Error located(std::string_view place, Error error);
/// The stable identifier that JSON answers carry, e.g. "invalid_input".
std::string_view to_string(ErrorCode code) noexcept;

/// A value or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  const T& value() const& { return assert(ok()), std::get<0>(state_); }
  T& value() & { return assert(ok()), std::get<0>(state_); }
  T&& value() && { return assert(ok()), std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Error& error() const& { return assert(!ok()), std::get<1>(state_); }
  Error& error() & { return assert(!ok()), std::get<1>(state_); }
  Error&& error() && { return assert(!ok()), std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  void value() const { assert(ok()); }

  const Error& error() const& { return assert(!ok()), *error_; }
  Error& error() & { return assert(!ok()), *error_; }
  Error&& error() && { return assert(!ok()), *std::move(error_); }

 private:
  std::optional<Error> error_;
};

/// Success or an Error.
using Status = Result<void>;

}  // namespace archmlp::base
