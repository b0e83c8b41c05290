#include "archmlp/table/decompress.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include <zlib.h>
#include <zstd.h>

#include "archmlp/base/cancel.h"
#include "archmlp/base/try.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kStep = std::size_t{1} << 20U;

base::Error cut_short(std::string_view what) {
  return {.message = "the " + std::string(what) + " data are cut short",
          .hint = "copy or download the file again"};
}

base::Error damaged(std::string_view what, std::string_view detail) {
  return {.message = "the " + std::string(what) + " data are damaged: " + std::string(detail),
          .hint = "copy or download the file again"};
}

struct InflateEnd {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};

/// Inflates what `stream` has been given as input. True: up to the end of a member.
base::Result<bool> inflate_piece(z_stream& stream, std::string& out, const TakePiece& take) {
  while (true) {
    TRY(base::check_cancelled());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_STREAM_END && code != Z_OK && code != Z_BUF_ERROR) {
      return damaged("gzip", stream.msg != nullptr ? stream.msg : "not understood");
    }
    const std::size_t filled = out.size() - stream.avail_out;
    if (filled > 0) TRY(take(std::string_view(out).substr(0, filled)));
    if (code == Z_STREAM_END) return true;
    if (stream.avail_out != 0) return false;
  }
}

base::Status gunzip(const NextPiece& next, const TakePiece& take) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  const std::unique_ptr<z_stream, InflateEnd> stream(new z_stream{});
  if (inflateInit2(stream.get(), kGzipOnly) != Z_OK) {
    return base::Error{.code = base::ErrorCode::kResourceLimit, .message = "out of memory"};
  }
  std::string out(kStep, '\0');
  bool in_member = true;
  bool padded = false;
  while (true) {
    std::string_view piece = TRY(next());
    if (piece.empty()) break;
    while (!piece.empty()) {
      if (!in_member) {
        const std::size_t content = std::min(piece.find_first_not_of('\0'), piece.size());
        padded = padded || content > 0;
        piece.remove_prefix(content);
        if (piece.empty()) break;
        if (padded) return damaged("gzip", "something follows the padding");
        if (inflateReset(stream.get()) != Z_OK) return damaged("gzip", "cannot start the next member");
        in_member = true;
      }
      const std::size_t given = std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max());
      stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream->avail_in = static_cast<uInt>(given);
      in_member = !TRY(inflate_piece(*stream, out, take));
      piece.remove_prefix(given - stream->avail_in);
    }
  }
  if (in_member) return cut_short("gzip");
  return {};
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

base::Status unzstd(const NextPiece& next, const TakePiece& take) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return base::Error{.code = base::ErrorCode::kResourceLimit, .message = "out of memory"};
  std::string out(kStep, '\0');
  std::size_t left = 1;  // 0 exactly behind a frame
  while (true) {
    const std::string_view piece = TRY(next());
    if (piece.empty()) break;
    ZSTD_inBuffer input = {piece.data(), piece.size(), 0};
    bool full = false;  // then there may be more to come out
    while (input.pos < input.size || full) {
      TRY(base::check_cancelled());
      ZSTD_outBuffer output = {out.data(), out.size(), 0};
      left = ZSTD_decompressStream(context.get(), &output, &input);
      if (ZSTD_isError(left) != 0) return damaged("zstd", ZSTD_getErrorName(left));
      if (output.pos > 0) TRY(take(std::string_view(out).substr(0, output.pos)));
      full = left != 0 && output.pos == output.size;
    }
  }
  if (left != 0) return cut_short("zstd");
  return {};
}

}  // namespace

Compression compression_of(std::string_view bytes) noexcept {
  if (bytes.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

base::Status decompress(const NextPiece& next, Compression compression, const TakePiece& take) {
  switch (compression) {
    case Compression::kGzip:
      return gunzip(next, take);
    case Compression::kZstd:
      return unzstd(next, take);
    case Compression::kNone:
      break;
  }
  while (true) {
    const std::string_view piece = TRY(next());
    if (piece.empty()) return {};
    TRY(take(piece));
  }
}

base::Result<std::string> decompress(std::string_view bytes, Compression compression) {
  std::string text;
  const auto next = [&]() -> base::Result<std::string_view> { return std::exchange(bytes, {}); };
  TRY(decompress(next, compression, [&](std::string_view piece) -> base::Status {
    text += piece;
    return {};
  }));
  return text;
}

}  // namespace archmlp::table
