#include "archmlp/table/csv_scanner.h"

#include <algorithm>
#include <bit>

#include "archmlp/table/csv_masks.h"

namespace archmlp::table {

std::string_view text_of(const CsvField& field, std::string& scratch) {
  if (!field.escaped) return field.raw();
  scratch.clear();
  for (std::size_t i = 0; i < field.size; ++i) {
    scratch += field.begin[i];
    if (field.begin[i] == '"') ++i;
  }
  return scratch;
}

CsvScanner::CsvScanner(std::string_view text, char delimiter, std::size_t field_count)
    : position_(text.data()),
      end_(text.data() + text.size()),
      delimiter_(delimiter),
      field_count_(field_count),
      window_begin_(text.data()) {}

void CsvScanner::load_window() {
  window_begin_ += window_size_;
  window_size_ = std::min(kWindow, static_cast<std::size_t>(end_ - window_begin_));
  find_csv_specials(window_begin_, window_size_, delimiter_, masks_.data());
  group_ = 0;
  mask_ = window_size_ == 0 ? 0 : masks_[0];
}

inline const char* CsvScanner::next_special() {
  while (mask_ == 0) {
    ++group_;
    if (group_ * 64 < window_size_) {
      mask_ = masks_[group_];
    } else {
      load_window();
      if (window_size_ == 0) return end_;
    }
  }
  const char* found = window_begin_ + group_ * 64 + std::countr_zero(mask_);
  mask_ &= mask_ - 1;
  return found;
}

std::optional<CsvFault> CsvScanner::next(std::size_t max_rows, CsvBlock& block) {
  block.fields.clear();
  block.records.clear();
  while (position_ != end_ && block.records.size() < max_rows) {
    if (auto fault = read_record(block)) {
      block.fields.resize(block.records.size() * field_count_);
      position_ = end_;
      return fault;
    }
  }
  return std::nullopt;
}

std::optional<CsvFault> CsvScanner::read_quoted(CsvField& field, std::size_t field_index,
                                                const char* record) {
  const char* const opening = next_special();
  field.quoted = true;
  field.begin = opening + 1;
  while (true) {
    const char* quote = next_special();
    while (quote != end_ && *quote != '"') quote = next_special();
    if (quote == end_) {
      return CsvFault{CsvFault::Kind::kUnclosedQuote, record, end_, opening, field_index};
    }
    if (quote + 1 != end_ && quote[1] == '"') {
      next_special();
      field.escaped = true;
      continue;
    }
    field.size = static_cast<std::uint32_t>(quote - field.begin);
    position_ = quote + 1;
    const bool ends =
        position_ == end_ || *position_ == delimiter_ || *position_ == '\n' || *position_ == '\r';
    if (ends) return std::nullopt;
    return CsvFault{CsvFault::Kind::kTextBehindQuote, record, position_, position_, field_index};
  }
}

std::optional<CsvFault> CsvScanner::read_record(CsvBlock& block) {
  const char* const record = position_;
  std::size_t found = 0;
  const char* special = nullptr;
  while (true) {
    CsvField field;
    if (position_ != end_ && *position_ == '"') {
      if (auto fault = read_quoted(field, found, record)) return fault;
      special = next_special();
    } else {
      field.begin = position_;
      special = next_special();
      while (special != end_ && *special == '"') special = next_special();
      field.size = static_cast<std::uint32_t>(special - position_);
    }
    ++found;
    if (found <= field_count_ || field_count_ == 0) block.fields.push_back(field);
    if (field_count_ == 0 && found > kMostFields) {
      return CsvFault{CsvFault::Kind::kTooManyFields, record, special, nullptr, found};
    }
    if (special == end_) break;
    position_ = special + 1;
    if (*special != delimiter_) break;
  }
  if (special == end_) {
    position_ = end_;
  } else if (*special == '\r' && position_ != end_ && *position_ == '\n') {
    next_special();
    ++position_;
  }
  if (field_count_ == 0) field_count_ = found;
  if (found != field_count_) return CsvFault{CsvFault::Kind::kRagged, record, special, nullptr, found};
  block.records.push_back(record);
  return std::nullopt;
}

}  // namespace archmlp::table
