#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// A block of rows on its way through steps.
struct BlockInWork {
  table::Table features;
  table::Table companions;               // what goes along with the rows, the label first; may have no column
  std::vector<std::uint32_t> positions;  // of the rows that are left, in the block as it came in
};

/// What the steps of a chain found in the blocks that went through.
struct ChainNotes {
  std::vector<std::size_t> rows_in, rows_out;  // per link
  std::map<std::string, std::size_t> unknown_categories;

  void add(const ChainNotes& other);
};

/// Bound steps that a block of rows goes through in one go, so that it is in cache for all of them and many
/// blocks can be worked on at the same time.
class StepChain {
 public:
  struct Link {
    std::shared_ptr<const transform::BoundStep> step;
    std::size_t config_index = 0;  // of the recipe's steps
    /// A filter on the label: bound to the features and, behind them, the label. It only drops rows.
    bool sees_label = false;
    /// Companions that the step takes out of the features: they stay as the steps before it left them.
    std::vector<std::string> taken_out;
  };
  /// Why a block did not get through. The error's `where` is empty or `row N`, N counting from 1 the rows of
  /// the block as it came in.
  struct Fault {
    std::size_t config_index = 0;
    base::Error error;
  };

  void add(Link link) { links_.push_back(std::move(link)); }
  void clear() { links_.clear(); }
  const std::vector<Link>& links() const noexcept { return links_; }
  bool empty() const noexcept { return links_.empty(); }
  bool sees_label() const noexcept;
  bool takes_out_companions() const noexcept;

  /// Safe from many threads. Precondition: with a link that sees the label or takes out a companion,
  /// `block.companions` has it.
  std::optional<Fault> apply(BlockInWork& block, ChainNotes& notes) const;

 private:
  std::vector<Link> links_;
};

}  // namespace archmlp::preprocess
