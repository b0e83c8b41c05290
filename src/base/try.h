#pragma once

// For .cc files only: a macro in a header would reach everybody who includes it.

#include <utility>

/// `auto value = TRY(may_fail());` gives the value, or returns the Error from the enclosing function.
/// `TRY(status);` does the same for a Status.
#define TRY(expression)                                           \
  __extension__({                                                 \
    auto try_result_ = (expression);                              \
    if (!try_result_.ok()) return std::move(try_result_).error(); \
    std::move(try_result_).value();                               \
  })
