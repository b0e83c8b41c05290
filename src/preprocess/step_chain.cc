#include "archmlp/preprocess/step_chain.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;

Result<table::Table> with_label(const table::Table& features, const table::Column& label) {
  std::vector<table::Column> columns(features.columns().begin(), features.columns().end());
  columns.push_back(label);
  return table::Table::from_columns(std::move(columns));
}

Status keep_taken_out(const std::vector<std::string>& names, BlockInWork& block) {
  if (names.empty()) return {};
  std::vector<table::Column> columns(block.companions.columns().begin(), block.companions.columns().end());
  for (table::Column& column : columns) {
    if (std::ranges::find(names, column.name()) != names.end()) column = *block.features.find(column.name());
  }
  block.companions = TRY(table::Table::from_columns(std::move(columns)));
  return {};
}

/// The rows of the block as it came in for those that a step was given.
Error in_positions(Error error, const std::vector<std::uint32_t>& positions) {
  constexpr std::string_view kRow = "row ";
  if (!error.where.starts_with(kRow)) return error;
  std::size_t row = 0;
  const char* start = error.where.data() + kRow.size();
  const char* end = error.where.data() + error.where.size();
  const auto [rest, problem] = std::from_chars(start, end, row);
  if (problem != std::errc() || row == 0 || row > positions.size()) return error;
  error.where =
      std::string(kRow) + std::to_string(positions[row - 1] + std::size_t{1}) + std::string(rest, end);
  return error;
}

void drop(BlockInWork& block, const std::vector<std::uint8_t>& outside) {
  std::vector<std::uint32_t> kept;
  kept.reserve(outside.size());
  for (std::uint32_t row = 0; row < outside.size(); ++row)
    if (outside[row] == 0) kept.push_back(row);
  block.features = block.features.gathered(kept);
  if (!block.companions.columns().empty()) block.companions = block.companions.gathered(kept);
  for (std::size_t i = 0; i < kept.size(); ++i) block.positions[i] = block.positions[kept[i]];
  block.positions.resize(kept.size());
}

Status apply_link(const StepChain::Link& link, BlockInWork& block, ChainNotes& notes) {
  transform::BatchNotes found;
  TRY(keep_taken_out(link.taken_out, block));
  if (link.sees_label) {
    const table::Table rows = TRY(with_label(block.features, block.companions.column(0)));
    TRY(link.step->apply(rows, found));
  } else {
    block.features = TRY(link.step->apply(block.features, found));
  }
  for (const auto& [column, count] : found.unknown_categories) notes.unknown_categories[column] += count;
  if (!found.outside.empty()) drop(block, found.outside);
  return {};
}

void add_up(std::vector<std::size_t>& counts, const std::vector<std::size_t>& others) {
  counts.resize(std::max(counts.size(), others.size()), 0);
  for (std::size_t i = 0; i < others.size(); ++i) counts[i] += others[i];
}

}  // namespace

void ChainNotes::add(const ChainNotes& other) {
  add_up(rows_in, other.rows_in);
  add_up(rows_out, other.rows_out);
  for (const auto& [column, count] : other.unknown_categories) unknown_categories[column] += count;
}

bool StepChain::sees_label() const noexcept { return std::ranges::any_of(links_, &Link::sees_label); }

bool StepChain::takes_out_companions() const noexcept {
  return std::ranges::any_of(links_, [](const Link& link) { return !link.taken_out.empty(); });
}

std::optional<StepChain::Fault> StepChain::apply(BlockInWork& block, ChainNotes& notes) const {
  notes.rows_in.resize(links_.size(), 0);
  notes.rows_out.resize(links_.size(), 0);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    notes.rows_in[i] += block.positions.size();
    if (Status status = apply_link(links_[i], block, notes); !status.ok())
      return Fault{links_[i].config_index, in_positions(std::move(status).error(), block.positions)};
    notes.rows_out[i] += block.positions.size();
  }
  return std::nullopt;
}

}  // namespace archmlp::preprocess
