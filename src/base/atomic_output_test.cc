#include "archmlp/base/atomic_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <sstream>

namespace archmlp::base {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::array<std::string_view, 2> kNames = {"a.csv", "b.csv"};

class AtomicOutput : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "atomic_output_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string contents(const fs::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      names.push_back(entry.path().filename().string());
    return names;
  }
  static void put(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

  fs::path folder_;
};

TEST_F(AtomicOutput, FileAppearsOnCommitOnly) {
  const fs::path path = folder_ / "out.csv";
  put(path, "old");
  {
    AtomicFile file = std::move(AtomicFile::create(path)).value();
    ASSERT_TRUE(file.write("new").ok());
    EXPECT_EQ(contents(path), "old");
    ASSERT_TRUE(file.commit().ok());
  }
  EXPECT_EQ(contents(path), "new");
  EXPECT_THAT(names(folder_), UnorderedElementsAre("out.csv"));
}

TEST_F(AtomicOutput, AbandonedFileLeavesNothing) {
  {
    AtomicFile file = std::move(AtomicFile::create(folder_ / "out.csv")).value();
    ASSERT_TRUE(file.write("half").ok());
  }
  EXPECT_THAT(names(folder_), IsEmpty());
}

TEST_F(AtomicOutput, StaleTemporariesAreSweptAndLiveOnesKept) {
  put(folder_ / ".out.csv.abcdef.archmlp-tmp", "dead");
  put(folder_ / ".other.csv.abcdef.archmlp-tmp", "of another file");
  AtomicFile live = std::move(AtomicFile::create(folder_ / "out.csv")).value();
  AtomicFile second = std::move(AtomicFile::create(folder_ / "out.csv")).value();
  EXPECT_EQ(names(folder_).size(), 3U);  // both live ones and the other file's
  ASSERT_TRUE(live.commit().ok());
  ASSERT_TRUE(second.commit().ok());
  EXPECT_THAT(names(folder_), UnorderedElementsAre("out.csv", ".other.csv.abcdef.archmlp-tmp"));
}

TEST_F(AtomicOutput, FolderAppearsAndIsReplacedWhole) {
  const fs::path path = folder_ / "prepared";
  for (const std::string_view round : {"first", "second"}) {
    AtomicFolder out = std::move(AtomicFolder::create(path, kNames)).value();
    put(out.path() / "a.csv", round);
    if (round == "first") put(out.path() / "b.csv", round);
    ASSERT_TRUE(out.commit().ok());
    EXPECT_EQ(contents(path / "a.csv"), round);
  }
  EXPECT_THAT(names(path), UnorderedElementsAre("a.csv"));
  EXPECT_THAT(names(folder_), UnorderedElementsAre("prepared"));
}

TEST_F(AtomicOutput, FolderWithForeignFilesIsNotReplaced) {
  const fs::path path = folder_ / "prepared";
  fs::create_directory(path);
  put(path / "thesis.tex", "years of work");
  const auto result = AtomicFolder::create(path, kNames);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(to_string(result.error()), HasSubstr("thesis.tex"));
  EXPECT_EQ(contents(path / "thesis.tex"), "years of work");
}

TEST_F(AtomicOutput, DevicesAndPipesAreNotReplaced) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink(pipe, folder_ / "link");
  for (const fs::path& path : {pipe, folder_ / "link", fs::path("/dev/null")}) {
    const auto result = AtomicFile::create(path);
    ASSERT_FALSE(result.ok()) << path;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
    EXPECT_THAT(to_string(result.error()), HasSubstr("a device or a pipe"));
  }
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_THAT(names(folder_), UnorderedElementsAre("pipe", "link"));
}

TEST_F(AtomicOutput, ALinkStaysAndItsFileIsReplaced) {
  fs::create_directory(folder_ / "store");
  put(folder_ / "store" / "model", "old");
  fs::create_symlink("store/model", folder_ / "current");
  ASSERT_TRUE(write_file_atomically(folder_ / "current", "new").ok());
  EXPECT_EQ(contents(folder_ / "store" / "model"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "current"));
  EXPECT_THAT(names(folder_ / "store"), UnorderedElementsAre("model"));
}

TEST_F(AtomicOutput, UnusablePathsAreErrors) {
  put(folder_ / "file", "x");
  EXPECT_FALSE(AtomicFolder::create(folder_ / "file", kNames).ok());
  EXPECT_FALSE(AtomicFolder::create("/", kNames).ok());
  EXPECT_FALSE(AtomicFile::create(folder_).ok());
  EXPECT_EQ(AtomicFile::create(folder_ / "absent" / "file").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(AtomicFolder::create(folder_ / "with_slash" / "", kNames).ok());
}

}  // namespace
}  // namespace archmlp::base
