#include "archmlp/table/csv_chunks.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace archmlp::table {
namespace {

TEST(CsvWindowTest, FindsRecordsFromAnyPlaceWithoutWhatIsInFront) {
  const std::string text = "a,\"x\ny\"\nb,\"\"\"\n\"\"\"\r\nc,5\"\n\"\"\nd";
  const std::set<std::size_t> starts = {0, 8, 19, 24, 27};
  const CsvWindow whole(text, ',');
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    const CsvState state = whole.state_behind(CsvState::kOutside, 0, begin);
    for (std::size_t end = begin + 1; end <= text.size(); ++end) {
      // One byte in front, one behind: what a reader of the middle has at least.
      const std::size_t window_begin = begin == 0 ? 0 : begin - 1;
      const CsvWindow window(std::string_view(text).substr(window_begin, end + 1 - window_begin), ',');
      const auto next = starts.lower_bound(begin);
      const std::size_t expected = next == starts.end() || *next >= end ? end : *next;
      EXPECT_EQ(window.first_record(state, begin - window_begin, end - window_begin) + window_begin, expected)
          << begin << " " << end;
      EXPECT_EQ(window.state_behind(state, begin - window_begin, end - window_begin),
                whole.state_behind(CsvState::kOutside, 0, end))
          << begin << " " << end;
    }
  }
}

}  // namespace
}  // namespace archmlp::table
