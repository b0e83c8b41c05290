#include "archmlp/http/access_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <sstream>
#include <vector>

#include "archmlp/test_support/waiting.h"

namespace archmlp::http {
namespace {

using test_support::wait_until;

class AccessLogFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(path_); }
  void TearDown() override { std::filesystem::remove_all(path_); }
  std::unique_ptr<AccessLog> open() const {
    auto log = AccessLog::open(path_);
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : base::to_string(log.error()));
    return std::move(log).value();
  }
  static std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::filesystem::path path_ =
      testing::TempDir() + "/log_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(AccessLogFile, LinesOfManyThreadsStayWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  {
    const auto log = open();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&log, i] {
        const std::string line =
            std::string(static_cast<std::size_t>(100 + i), static_cast<char>('a' + i)) + "\n";
        for (int count = 0; count < kLines; ++count) log->append(line);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(log->dropped_bytes(), 0U);
  }
  std::ifstream file(path_);
  std::vector<int> found(kThreads);
  for (std::string line; std::getline(file, line);) {
    const auto i = static_cast<std::size_t>(line.at(0) - 'a');
    ASSERT_LT(i, found.size());
    ASSERT_EQ(line, std::string(100 + i, line[0]));
    ++found[i];
  }
  EXPECT_THAT(found, testing::Each(kLines));
}

TEST_F(AccessLogFile, GoesOnInANewFileOnceTheOldOneIsMovedAway) {
  const std::filesystem::path old = path_.string() + ".1";
  {
    const auto log = open();
    log->append("first\n");
    wait_until([&] { return text_of(path_) == "first\n"; });
    std::filesystem::rename(path_, old);
    ASSERT_TRUE(log->reopen().ok());
    log->append("second\n");
  }
  EXPECT_EQ(text_of(old), "first\n");
  EXPECT_EQ(text_of(path_), "second\n");
  open()->append("third\n");
  EXPECT_EQ(text_of(path_), "second\nthird\n") << "what is there is kept";
  std::filesystem::remove(old);
}

TEST_F(AccessLogFile, AFailedReopenKeepsTheOldFile) {
  std::filesystem::create_directory(path_);
  const std::filesystem::path file = path_ / "log";
  const std::filesystem::path moved = testing::TempDir() + "/moved_away";
  std::filesystem::remove_all(moved);
  {
    auto log = std::move(AccessLog::open(file)).value();
    std::filesystem::rename(path_, moved);
    const base::Status reopened = log->reopen();
    ASSERT_FALSE(reopened.ok());
    EXPECT_EQ(reopened.error().code, base::ErrorCode::kIo);
    EXPECT_EQ(reopened.error().where, file.string());
    log->append("still\n");
  }
  EXPECT_EQ(text_of(moved / "log"), "still\n");
  std::filesystem::remove_all(moved);
}

TEST_F(AccessLogFile, AFolderThatIsNotThere) {
  const auto log = AccessLog::open(path_ / "no/such");
  ASSERT_FALSE(log.ok());
  EXPECT_THAT(log.error().hint, testing::HasSubstr("--access-log"));
}

TEST_F(AccessLogFile, AReaderThatStallsStallsNobody) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const int reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const std::string line = std::string((1U << 20U) - 1, 'x') + "\n";
  constexpr std::size_t kLines = 40;  // more than may wait
  {
    const auto log = open();
    for (std::size_t i = 0; i < kLines; ++i) log->append(line);
    EXPECT_GE(log->dropped_bytes(), (kLines - 16 - 1 - 16) * line.size());
    EXPECT_EQ(log->dropped_bytes() % line.size(), 0U) << "whole lines";
  }  // nor does it stall the end
  ::close(reader);
}

TEST_F(AccessLogFile, AFullDiskIsToldOnceAndSoIsItsEnd) {
  const std::filesystem::path file = path_.string() + ".file";
  std::filesystem::create_symlink("/dev/full", path_);
  std::mutex mutex;
  std::vector<std::pair<bool, std::string>> told;
  {
    const auto log = std::move(AccessLog::open(path_, [&](bool is_error, const std::string& line) {
                       const std::lock_guard lock(mutex);
                       told.emplace_back(is_error, line);
                     })).value();
    for (std::uint64_t i = 1; i <= 3; ++i) {
      log->append("lost\n");
      wait_until([&] { return log->dropped_bytes() == 5 * i; });
    }
    std::filesystem::remove(path_);
    std::filesystem::create_symlink(file, path_);
    ASSERT_TRUE(log->reopen().ok());
    log->append("kept\n");
    wait_until([&] { return text_of(file) == "kept\n"; });
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].first);
  EXPECT_THAT(told[0].second,
              testing::AllOf(testing::HasSubstr(path_.string()), testing::HasSubstr("No space left"),
                             testing::HasSubstr("Hint: free some disk space")));
  EXPECT_FALSE(told[1].first);
  std::filesystem::remove(file);
}

TEST_F(AccessLogFile, AReaderThatIsGoneIsNoEnd) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  int reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const auto log = open();
  ::close(reader);
  log->append("nobody reads it\n");
  wait_until([&] { return log->dropped_bytes() == 16; });
  reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  log->append("somebody does\n");
  std::string got;
  wait_until([&] {
    char bytes[64];
    const ssize_t count = ::read(reader, bytes, sizeof bytes);
    if (count > 0) got.append(bytes, static_cast<std::size_t>(count));
    return got == "somebody does\n";
  });
  ::close(reader);
}

}  // namespace
}  // namespace archmlp::http
