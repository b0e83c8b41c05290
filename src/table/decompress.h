#pragma once

#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::table {

enum class Compression { kNone, kGzip, kZstd };

/// By the first bytes.
Compression compression_of(std::string_view bytes) noexcept;

/// All members of a gzip file (RFC 1952) or frames of a zstd file (RFC 8878), one behind the other; zero
/// bytes behind the last gzip member are padding. Errors: kInvalidInput, without `where`, if the data are cut
/// short or damaged or anything else follows; kCancelled.
base::Result<std::string> decompress(std::string_view bytes, Compression compression);

}  // namespace archmlp::table
