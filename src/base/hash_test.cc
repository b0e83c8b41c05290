#include "archmlp/base/hash.h"

#include <gtest/gtest.h>

namespace archmlp::base {
namespace {

TEST(Sha256, MatchesPublishedVectors) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256_hex("abc"));
}

TEST(Sha256, AbsentFileIsNotFound) {
  EXPECT_EQ(sha256_of_file("/nonexistent/file").error().code, ErrorCode::kNotFound);
}

TEST(Checksum64, SeesEveryBit) {
  std::string text(100, 'x');
  const std::uint64_t before = checksum64(std::as_bytes(std::span(text)));
  text[50] ^= 1;
  EXPECT_NE(checksum64(std::as_bytes(std::span(text))), before);
}

}  // namespace
}  // namespace archmlp::base
