#include "archmlp/table/decompress.h"

#include <algorithm>
#include <limits>
#include <memory>

#include <zlib.h>
#include <zstd.h>

#include "archmlp/base/cancel.h"
#include "archmlp/base/try.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kStep = std::size_t{4} << 20U;

base::Error cut_short(std::string_view what) {
  return {.message = "the " + std::string(what) + " data are cut short",
          .hint = "copy or download the file again"};
}

base::Error damaged(std::string_view what, std::string_view detail) {
  return {.message = "the " + std::string(what) + " data are damaged: " + std::string(detail),
          .hint = "copy or download the file again"};
}

/// Makes room for another step behind the `used` bytes of `out`.
void make_room(std::string& out, std::size_t used) {
  if (out.size() - used < kStep / 4) out.resize(std::max(out.size() + kStep, out.size() * 2));
}

struct InflateEnd {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};

base::Result<std::string> gunzip(std::string_view bytes) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  std::unique_ptr<z_stream, InflateEnd> stream(new z_stream{});
  if (inflateInit2(stream.get(), kGzipOnly) != Z_OK) {
    return base::Error{.code = base::ErrorCode::kResourceLimit, .message = "out of memory"};
  }
  std::string out;
  std::size_t used = 0;
  const char* next = bytes.data();
  const char* const end = bytes.data() + bytes.size();
  while (true) {
    TRY(base::check_cancelled());
    make_room(out, used);
    const auto input = std::min<std::size_t>(static_cast<std::size_t>(end - next), kStep);
    const auto room = std::min<std::size_t>(out.size() - used, kStep * 4);
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next));
    stream->avail_in = static_cast<uInt>(input);
    stream->next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream->avail_out = static_cast<uInt>(room);
    const int code = inflate(stream.get(), Z_NO_FLUSH);
    next += input - stream->avail_in;
    used += room - stream->avail_out;
    if (code == Z_STREAM_END) {
      if (std::all_of(next, end, [](char c) { return c == '\0'; })) break;
      if (inflateReset(stream.get()) != Z_OK) return damaged("gzip", "cannot start the next member");
      continue;
    }
    const bool stuck = code == Z_BUF_ERROR || code == Z_OK;
    if (!stuck) return damaged("gzip", stream->msg != nullptr ? stream->msg : "not understood");
    if (next == end && stream->avail_out != 0) return cut_short("gzip");
  }
  out.resize(used);
  return out;
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

base::Result<std::string> unzstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return base::Error{.code = base::ErrorCode::kResourceLimit, .message = "out of memory"};
  std::string out;
  // The size in the frame's header is a claim: it is believed only as far as zstd can plausibly go.
  const unsigned long long claimed = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (claimed != ZSTD_CONTENTSIZE_ERROR && claimed != ZSTD_CONTENTSIZE_UNKNOWN &&
      claimed / 64 < bytes.size()) {
    out.resize(static_cast<std::size_t>(claimed) + kStep);
  }
  std::size_t used = 0;
  ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
  std::size_t left = 1;  // 0 exactly behind a frame
  while (input.pos < input.size || left != 0) {
    TRY(base::check_cancelled());
    make_room(out, used);
    ZSTD_outBuffer output = {out.data() + used, std::min(out.size() - used, kStep * 4), 0};
    const std::size_t input_before = input.pos;
    left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left) != 0) return damaged("zstd", ZSTD_getErrorName(left));
    used += output.pos;
    const bool stuck = output.pos == 0 && input.pos == input_before;
    if (stuck && left != 0) return cut_short("zstd");
  }
  out.resize(used);
  return out;
}

}  // namespace

Compression compression_of(std::string_view bytes) noexcept {
  if (bytes.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

base::Result<std::string> decompress(std::string_view bytes, Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return gunzip(bytes);
    case Compression::kZstd:
      return unzstd(bytes);
    case Compression::kNone:
      break;
  }
  return std::string(bytes);
}

}  // namespace archmlp::table
