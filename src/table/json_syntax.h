#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace archmlp::table {

/// What a strict reading of a JSON text finds. The fast parser only says that it will not read a text; this
/// says why, and tells what is no JSON from what is JSON that no table can hold.
struct JsonDiagnosis {
  enum class Kind {
    kValid,
    kSyntax,             // neither RFC 8259 nor UTF-8 allows it
    kTooDeep,            // valid from here on: nested beyond `max_depth`
    kNumberRange,        // a number beyond the range of a 64-bit float
    kUnpairedSurrogate,  // an escape such as \ud800 that stands for no character
  };
  Kind kind = Kind::kValid;
  std::size_t offset = 0;                  // byte of the first finding
  std::string message;                     // what is there
  std::string where;                       // `field`, `[index].field` or empty; not for kSyntax
  std::vector<std::size_t> wide_integers;  // ends of finite integer literals beyond 64 bits
};

/// Reads all of `text`; takes time and memory in proportion to its size, whatever the nesting. A syntax error
/// is reported before any other finding. Source: RFC 8259, section 2-8; RFC 3629.
JsonDiagnosis diagnose_json(std::string_view text, std::size_t max_depth);

/// `name` as a part of `where`: as it is if short and plain, otherwise in quotes.
std::string where_name(std::string_view name);

}  // namespace archmlp::table
