#include "archmlp/table/decompress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::table {
namespace {

using ::testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string long_csv() {
  std::string text = "a,b\n";
  base::Rng rng(1);
  while (text.size() < std::size_t{12} << 20U) text += std::to_string(rng.next()) + ",\"x\"\n";
  return text;
}

TEST(DecompressTest, ReadsMembersAndFramesOneBehindTheOther) {
  const std::string text = long_csv();
  EXPECT_EQ(*decompress(gzip(text) + gzip("") + gzip("tail") + std::string(512, '\0'), Compression::kGzip),
            text + "tail");
  EXPECT_EQ(*decompress(zstd(text) + zstd("") + zstd("tail"), Compression::kZstd), text + "tail");
}

TEST(DecompressTest, RefusesDataCutShortAtAnyPlace) {
  for (const auto& [bytes, compression] : {std::pair(gzip("a,b\n1,2\n"), Compression::kGzip),
                                           std::pair(zstd("a,b\n1,2\n"), Compression::kZstd)}) {
    for (std::size_t size = 4; size < bytes.size(); ++size) {
      const auto text = decompress(std::string_view(bytes).substr(0, size), compression);
      ASSERT_FALSE(text.ok()) << size;
      EXPECT_THAT(text.error().message, HasSubstr("cut short"));
    }
  }
}

TEST(DecompressTest, RefusesDamageAndStrangeTails) {
  std::string damaged = gzip("a,b\n1,2\n");
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(decompress(damaged, Compression::kGzip).error().message, HasSubstr("damaged"));
  EXPECT_FALSE(decompress(gzip("x") + "tail", Compression::kGzip).ok());
  EXPECT_FALSE(decompress(zstd("x") + "tail", Compression::kZstd).ok());
}

TEST(DecompressTest, CsvIsRecognisedByContent) {
  for (const std::string& bytes : {gzip("a\n1\n"), zstd("a\n1\n")}) {
    const auto csv = parse_csv(bytes, "data.csv", {});
    ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
    EXPECT_EQ(csv->table.column(0).integers().values[0], 1);
    EXPECT_EQ(csv->sha256, base::sha256_hex(bytes));
  }
  const std::string bytes = gzip("a\n1\n");
  const auto csv = parse_csv(std::string_view(bytes).substr(0, bytes.size() - 1), "data.csv.gz", {});
  ASSERT_FALSE(csv.ok());
  EXPECT_EQ(csv.error().where, "data.csv.gz");
}

}  // namespace
}  // namespace archmlp::table
