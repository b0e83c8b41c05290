#include "archmlp/base/progress_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace archmlp::base {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

/// A clock that the test sets, and everything that was written.
class ProgressOutput : public testing::Test {
 protected:
  ProgressLine line() {
    return ProgressLine({.write = [this](std::string_view text) { written_.emplace_back(text); },
                         .width = [this] { return width_; },
                         .now = [this] { return now_; }});
  }
  ProgressJson json() {
    return ProgressJson([this](std::string_view text) { written_.emplace_back(text); },
                        [this] { return now_; });
  }
  void wait(int ms) { now_ += milliseconds(ms); }

  ProgressClock::time_point now_ = ProgressClock::time_point() + std::chrono::hours(1);
  std::size_t width_ = 200;
  std::vector<std::string> written_;
};

TEST_F(ProgressOutput, LineShowsShareCountRowsRateAndTimeLeft) {
  ProgressLine line = this->line();
  line.update("reading", 0, 128'000'000, "bytes");
  wait(2000);
  line.set_rows(1000);
  line.update("reading", 64'000'000, 128'000'000, "bytes");
  EXPECT_THAT(written_, ElementsAre("\rreading       [##########----------]   50 %  64 / 128 MB  1,000 rows  "
                                    "32 MB/s  2 s left\033[K"));
}

TEST_F(ProgressOutput, LineOfAnUnknownTotalHasNoShareAndNoTimeLeft) {
  ProgressLine line = this->line();
  line.update("predicting", 0, 0, "rows");
  wait(1000);
  line.update("predicting", 12'345, 0, "rows");
  EXPECT_THAT(written_, ElementsAre("\rpredicting    12,345 rows  12,345 rows/s\033[K"));
}

TEST_F(ProgressOutput, ShortWorkShowsNoLine) {
  ProgressLine line = this->line();
  line.update("reading", 0, 10, "rows");
  wait(200);
  line.update("reading", 10, 10, "rows");
  line.erase();
  EXPECT_THAT(written_, IsEmpty());
}

TEST_F(ProgressOutput, LineRedrawsTenTimesASecondAndAtTheEnd) {
  ProgressLine line = this->line();
  for (int done = 0; done <= 1000; ++done) {
    line.update("training", static_cast<std::uint64_t>(done), 1000, "trees");
    if (done < 999) wait(1);
  }
  // 300, 400, …, 900 ms, and the thousandth tree.
  EXPECT_THAT(written_, SizeIs(8));
  EXPECT_THAT(written_.back(), HasSubstr("100 %"));
}

TEST_F(ProgressOutput, LineNeverClearsBeforeItWrites) {
  ProgressLine line = this->line();
  line.update("training", 0, 3, "trees");
  wait(1000);
  line.update("training", 1, 3, "trees");
  EXPECT_THAT(written_, ElementsAre(Not(StartsWith("\r\033"))));
  EXPECT_THAT(written_.back(), EndsWith("\033[K"));
}

TEST_F(ProgressOutput, EraseClearsOnceAndOnlyWhatIsThere) {
  ProgressLine line = this->line();
  line.erase();
  EXPECT_THAT(written_, IsEmpty());
  line.update("training", 0, 3, "trees");
  wait(1000);
  line.update("training", 1, 3, "trees");
  line.erase();
  line.erase();
  EXPECT_THAT(written_, SizeIs(2));
  EXPECT_EQ(written_.back(), "\r\033[K");
}

TEST_F(ProgressOutput, EachStageAndEachFileHasItsOwnClock) {
  ProgressJson json = this->json();
  json.update("reading", 0, 100, "rows");
  wait(10'000);
  json.update("reading", 100, 100, "rows");
  json.update("reading", 0, 50, "rows");  // the next file
  wait(1000);
  json.update("reading", 25, 50, "rows");
  json.update("writing", 0, 10, "rows");
  wait(500);
  json.update("writing", 5, 10, "rows");
  EXPECT_THAT(
      written_,
      ElementsAre(
          R"({"stage": "reading", "done": 0, "total": 100, "unit": "rows", "rate": null, "eta_seconds": null})"
          "\n",
          R"({"stage": "reading", "done": 100, "total": 100, "unit": "rows", "rate": 10.000, "eta_seconds": 0.000})"
          "\n",
          R"({"stage": "reading", "done": 0, "total": 50, "unit": "rows", "rate": null, "eta_seconds": null})"
          "\n",
          R"({"stage": "reading", "done": 25, "total": 50, "unit": "rows", "rate": 25.000, "eta_seconds": 1.000})"
          "\n",
          R"({"stage": "writing", "done": 0, "total": 10, "unit": "rows", "rate": null, "eta_seconds": null})"
          "\n",
          R"({"stage": "writing", "done": 5, "total": 10, "unit": "rows", "rate": 10.000, "eta_seconds": 0.500})"
          "\n"));
}

TEST_F(ProgressOutput, JsonHasNullsForWhatIsUnknownAndRowsBesideBytes) {
  ProgressJson json = this->json();
  json.set_rows(7);
  json.update("reading", 10, 0, "bytes");
  EXPECT_THAT(written_, ElementsAre(R"({"stage": "reading", "done": 10, "total": null, "unit": "bytes", )"
                                    R"("rate": null, "eta_seconds": null, "rows": 7})"
                                    "\n"));
}

TEST_F(ProgressOutput, ANoteIsShownOnce) {
  ProgressJson json = this->json();
  json.set_note("OOB 0.9300");
  json.update("training", 1, 2, "trees");
  json.update("training", 2, 2, "trees");
  EXPECT_THAT(written_, ElementsAre(EndsWith(", \"note\": \"OOB 0.9300\"}\n"), Not(HasSubstr("note"))));
}

TEST_F(ProgressOutput, WorkDoneBeforeTheFirstReportIsNotPartOfTheRate) {
  ProgressJson json = this->json();
  json.update("reading", 500, 1000, "rows");
  wait(1000);
  json.update("reading", 600, 1000, "rows");
  EXPECT_THAT(written_.back(), HasSubstr(R"("rate": 100.000, "eta_seconds": 4.000)"));
}

TEST(ProgressText, LeavesOutWhatMattersLeastUntilItFits) {
  const StageProgress progress = {.stage = "reading",
                                  .done = 64'000'000,
                                  .total = 128'000'000,
                                  .unit = "bytes",
                                  .rows = 1000,
                                  .rate = 32e6,
                                  .seconds_left = 3700};
  EXPECT_EQ(progress_text(progress, 80),
            "reading        50 %  64 / 128 MB  1,000 rows  32 MB/s  1 h 1 min left");
  EXPECT_EQ(progress_text(progress, 60), "reading        50 %  64 / 128 MB  32 MB/s  1 h 1 min left");
  EXPECT_EQ(progress_text(progress, 45), "reading        50 %  32 MB/s  1 h 1 min left");
  EXPECT_EQ(progress_text(progress, 30), "reading        50 %");
  EXPECT_EQ(progress_text(progress, 6), "readi");
  for (std::size_t width = 0; width < 120; ++width) {
    const std::string text = progress_text(progress, width);
    EXPECT_LE(text.size() + 1, std::max<std::size_t>(width, 1)) << width;
  }
}

TEST(ProgressText, TimeLeftHasTheUnitsOfItsSize) {
  StageProgress progress = {.stage = "training", .done = 1, .total = 2, .unit = "trees", .rate = 0.25};
  progress.seconds_left = 4.4;
  EXPECT_THAT(progress_text(progress, 100), EndsWith("1 / 2 trees  0.2 trees/s  4 s left"));
  progress.seconds_left = 200;
  EXPECT_THAT(progress_text(progress, 100), EndsWith("  3 min 20 s left"));
}

TEST(ProgressJson, NoticesAreJsonWhateverTheySay) {
  std::string written;
  ProgressJson progress([&](std::string_view text) { written += text; },
                        [] { return ProgressClock::time_point(); });
  progress.notice("column \"a\\b\" of 10\t%");
  EXPECT_EQ(written, "{\"notice\": \"column \\\"a\\\\b\\\" of 10\\u0009%\"}\n");
}

}  // namespace
}  // namespace archmlp::base
