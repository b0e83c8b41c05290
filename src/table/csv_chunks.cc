#include "archmlp/table/csv_chunks.h"

#include <cstring>

namespace archmlp::table {

CsvState CsvWindow::state_behind(CsvState state, std::size_t begin, std::size_t end) const {
  std::size_t position = begin + (state == CsvState::kHalfOfPair ? 1 : 0);
  bool inside = state != CsvState::kOutside;
  while (true) {
    const std::size_t quote = find_quote(position, end);
    if (quote == end) return inside ? CsvState::kInside : CsvState::kOutside;
    position = quote + 1;
    if (!inside) {
      inside = opens(quote);
    } else if (is_quote(quote + 1)) {
      if (quote + 1 == end) return CsvState::kHalfOfPair;
      ++position;
    } else {
      inside = false;
    }
  }
}

std::size_t CsvWindow::first_record(CsvState state, std::size_t begin, std::size_t end) const {
  std::size_t position = begin + (state == CsvState::kHalfOfPair ? 1 : 0);
  bool inside = state != CsvState::kOutside;
  if (!inside && is_record_start(position)) return position;
  while (position < end) {
    if (inside) {
      const std::size_t quote = find_quote(position, end);
      if (quote == end) return end;
      const bool pair = is_quote(quote + 1);
      inside = pair;
      position = quote + (pair ? 2 : 1);
      continue;
    }
    if (opens(position)) inside = true;
    ++position;
    if (!inside && position < end && is_record_start(position)) return position;
  }
  return end;
}

bool CsvWindow::opens(std::size_t position) const {
  if (text_[position] != '"') return false;
  if (position == 0) return true;
  const char before = text_[position - 1];
  return before == delimiter_ || before == '\n' || before == '\r';
}

bool CsvWindow::is_record_start(std::size_t position) const {
  if (position == 0) return true;
  const char before = text_[position - 1];
  return before == '\n' || (before == '\r' && (position == text_.size() || text_[position] != '\n'));
}

std::size_t CsvWindow::find_quote(std::size_t begin, std::size_t end) const {
  if (begin >= end) return end;
  const void* found = std::memchr(text_.data() + begin, '"', end - begin);
  return found == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
}

}  // namespace archmlp::table
