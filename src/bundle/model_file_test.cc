#include "archmlp/bundle/model_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "archmlp/base/hash.h"
#include "archmlp/bundle/foreign_file.h"

namespace archmlp::bundle {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }
std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> example() {
  static const std::string contract = R"({"a":1})";
  static const std::string model(100, 'm');
  static const std::string empty;
  const std::vector<Section> sections = {
      {"contract", as_bytes(contract)}, {"empty", as_bytes(empty)}, {"model", as_bytes(model)}};
  return encode_model_file(sections);
}

void put_u64(std::vector<std::byte>& file, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) file[at + i] = static_cast<std::byte>(value >> (8 * i));
}
/// Makes a forged header and directory pass the checksums, so that the checks behind them answer.
void fix_checksums(std::vector<std::byte>& file) {
  const std::span<const std::byte> bytes(file);
  const auto count = static_cast<std::size_t>(file[12]);
  put_u64(file, 24, base::checksum64(bytes.subspan(64, count * 64)));
  put_u64(file, 56, base::checksum64(bytes.first(56)));
}
std::string message_of(const std::vector<std::byte>& file) {
  const auto sections = decode_model_file(file, "m.archmlp");
  return sections.ok() ? "accepted" : base::to_string(sections.error());
}

TEST(ModelFile, GivesBackItsSectionsAligned) {
  const std::vector<std::byte> file = example();
  const auto sections = decode_model_file(file, "m.archmlp");
  ASSERT_TRUE(sections.ok()) << base::to_string(sections.error());
  ASSERT_EQ(sections->size(), 3U);
  EXPECT_EQ(as_text(find_section(*sections, "contract")->bytes), R"({"a":1})");
  EXPECT_EQ(find_section(*sections, "empty")->bytes.size(), 0U);
  EXPECT_EQ(as_text(find_section(*sections, "model")->bytes), std::string(100, 'm'));
  EXPECT_EQ(find_section(*sections, "absent"), nullptr);
  for (const Section& section : *sections) EXPECT_EQ((section.bytes.data() - file.data()) % 64, 0);
}

TEST(ModelFile, LayoutIsTheSpecifiedOne) {
  const std::vector<std::byte> file = example();
  EXPECT_EQ(as_text(std::span(file).first(8)),
            "\x89"
            "AML\r\n\x1a\n");
  EXPECT_EQ(static_cast<int>(file[8]), 1);   // version
  EXPECT_EQ(static_cast<int>(file[12]), 3);  // sections
  EXPECT_EQ(file.size(),
            64U + 3 * 64 + 64 + 100);  // header, directory, "contract" padded ("empty" takes none), "model"
  EXPECT_EQ(as_text(std::span(file).subspan(64, 16)), "contract\0\0\0\0\0\0\0\0"s);
  EXPECT_EQ(static_cast<int>(file[64 + 17]), 1);  // offset 256
  EXPECT_EQ(static_cast<int>(file[64 + 24]), 7);  // size
}

TEST(ModelFile, RefusesEveryFlippedBit) {
  const std::vector<std::byte> file = example();
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> damaged = file;
      damaged[at] ^= static_cast<std::byte>(1 << bit);
      ASSERT_NE(message_of(damaged), "accepted") << "byte " << at << " bit " << bit;
    }
  }
}

TEST(ModelFile, RefusesEveryLength) {
  const std::vector<std::byte> file = example();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THAT(message_of(cut), HasSubstr(size == 0 ? "an empty file" : "cut short")) << size;
  }
  std::vector<std::byte> longer = file;
  longer.push_back(std::byte{0});
  EXPECT_THAT(message_of(longer), HasSubstr("1 bytes follow behind its end"));
}

TEST(ModelFile, NamesTheDamagedSection) {
  std::vector<std::byte> file = example();
  file.back() ^= std::byte{1};
  EXPECT_THAT(message_of(file), HasSubstr("section \"model\" does not match its checksum"));
}

TEST(ModelFile, SaysBothVersions) {
  std::vector<std::byte> file = example();
  file[8] = std::byte{2};
  fix_checksums(file);
  EXPECT_THAT(message_of(file), HasSubstr("format version 2; this program reads version 1"));
  EXPECT_THAT(message_of(file), HasSubstr("update ArchMLP"));
}

TEST(ModelFile, RefusesForgedDirectoriesWithValidChecksums) {
  const auto forged = [](std::size_t at, std::uint64_t value) {
    std::vector<std::byte> file = example();
    put_u64(file, at, value);
    fix_checksums(file);
    return message_of(file);
  };
  EXPECT_THAT(forged(64 + 16, 320), HasSubstr("not where it should be"));
  EXPECT_THAT(forged(64 + 16, ~std::uint64_t{0}), HasSubstr("not where it should be"));
  EXPECT_THAT(forged(64 + 24, ~std::uint64_t{0}), HasSubstr("not where it should be"));
  EXPECT_THAT(forged(64 + 24, 1000), HasSubstr("not where it should be"));
  EXPECT_THAT(forged(128, 0), HasSubstr("names no section"));
  EXPECT_THAT(forged(128, 0x746361727466ULL << 16U), HasSubstr("names no section"));
  EXPECT_THAT(forged(64 + 48, 1), HasSubstr("names no section"));
  EXPECT_THAT(forged(40, 1), HasSubstr("reserved bytes"));
  std::vector<std::byte> twice = example();
  std::memcpy(&twice[64 + 64], &twice[64], 16);
  fix_checksums(twice);
  EXPECT_THAT(message_of(twice), HasSubstr("\"contract\" is there twice"));
  std::vector<std::byte> many = example();
  many[13] = std::byte{255};
  put_u64(many, 56, base::checksum64(std::span<const std::byte>(many).first(56)));
  EXPECT_THAT(message_of(many), HasSubstr("cannot hold 65283 sections"));
}

TEST(ModelFile, SaysWhatAForeignFileLooksLike) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\x80\x04\x95\x10\0\0\0"s, "a Python pickle"},
      {"PK\x03\x04\x14\0"s, "a ZIP archive"},
      {"\x1f\x8b\x08\0"s, "a gzip file"},
      {"\x78\x9c\x01\x02"s, "joblib"},
      {"\x7f"
       "ELF\x02\x01"s,
       "an ELF program"},
      {"\x08\x08\x12\x07pytorch"s, "an ONNX model"},
      {"{\"learner\": {}}", "a JSON file"},
      {"  [1, 2]", "a JSON file"},
      {"a,b\n1,2\n", "a CSV file"},
      {"hello", "a text file"},
      {"<?xml version=\"1.0\"?>", "an XML file"},
      {"\x89HDF\r\n\x1a\n...."s, "an HDF5 file"},
  };
  for (const auto& [text, expected] : cases) {
    std::vector<std::byte> bytes(as_bytes(text).begin(), as_bytes(text).end());
    EXPECT_THAT(message_of(bytes), HasSubstr("m.archmlp: this is not an ArchMLP model file but "))
        << expected;
    EXPECT_THAT(message_of(bytes), HasSubstr(expected));
  }
  EXPECT_EQ(recognise_foreign_file(as_bytes("\x01\x02\x03\xff"s)), "");
}

TEST(ModelFile, RecognisesATransferInTextMode) {
  std::vector<std::byte> file = example();
  file.erase(file.begin() + 4);  // the carriage return
  EXPECT_THAT(message_of(file), HasSubstr("text mode"));
}

}  // namespace
}  // namespace archmlp::bundle
