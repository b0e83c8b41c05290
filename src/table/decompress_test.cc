#include "archmlp/table/decompress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/test_files.h"

namespace archmlp::table {
namespace {

using ::testing::HasSubstr;

std::string random_csv_rows() {
  std::string text = "a,b\n";
  base::Rng rng(1);
  while (text.size() < std::size_t{12} << 20U) text += std::to_string(rng.next()) + ",\"x\"\n";
  return text;
}

TEST(DecompressTest, ReadsMembersAndFramesOneBehindTheOther) {
  const std::string text = random_csv_rows();
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
