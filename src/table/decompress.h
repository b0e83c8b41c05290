#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::table {

enum class Compression { kNone, kGzip, kZstd };

/// By the first bytes.
Compression compression_of(std::string_view bytes) noexcept;

/// The next piece of what is compressed, which must live until the next call; empty at the end.
using NextPiece = std::function<base::Result<std::string_view>()>;
/// Gets the text piece by piece.
using TakePiece = std::function<base::Status(std::string_view piece)>;

/// All members of a gzip file (RFC 1952) or frames of a zstd file (RFC 8878), one behind the other; zero
/// bytes behind the last gzip member are padding. Needs a bounded amount of memory. Errors: kInvalidInput,
/// without `where`, if the data are cut short or damaged or anything else follows; kCancelled; those of
/// `next` and `take`.
base::Status decompress(const NextPiece& next, Compression compression, const TakePiece& take);
base::Result<std::string> decompress(std::string_view bytes, Compression compression);

}  // namespace archmlp::table
