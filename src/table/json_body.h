#pragma once

#include <simdjson.h>
#include <cstddef>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::table {

/// A JSON text as a tree, all of it checked before any of it is used. Keeps its buffers: make one a thread.
class JsonBody {
 public:
  /// Errors: kInvalidInput, message "the body is not valid JSON: …" with `where` = `byte N` (from 0), for
  /// anything that RFC 8259 or UTF-8 does not allow (is_syntax_error() is then true). Otherwise it is JSON
  /// that cannot be used: kInvalidInput for a number beyond the range of a 64-bit float and an unpaired
  /// surrogate escape, wherever they stand; kResourceLimit for more than 1,024 levels. `slack`: how many
  /// bytes behind the body may be read, whatever they hold; 64 and more save a copy of it.
  base::Status parse(std::string_view body, std::size_t slack = 0);
  bool is_syntax_error() const noexcept { return is_syntax_error_; }  // of the last parse
  /// Lives until the next parse, as all text in it does. Integers beyond 64 bits are reals. Precondition: the
  /// last parse succeeded.
  const simdjson::dom::element& root() const noexcept { return root_; }

 private:
  base::Status diagnose(std::string_view body);

  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  bool is_syntax_error_ = false;
};

}  // namespace archmlp::table
