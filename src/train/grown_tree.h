#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "archmlp/model/forest.h"

namespace archmlp::train {

/// A tree with a leaf table of its own.
struct GrownTree {
  std::vector<model::ForestNode> nodes;  // in preorder
  std::vector<double> leaf_values;       // [leaves, k]

  std::size_t byte_count() const noexcept {
    return nodes.size() * sizeof(model::ForestNode) + leaf_values.size() * sizeof(double);
  }
};

/// `nodes`, whose children may stand anywhere, in preorder. The root is nodes[0]; what it does not reach is
/// left out.
std::vector<model::ForestNode> in_preorder(std::span<const model::ForestNode> nodes);

/// What pruning asks of each node: by how much its cut lowers the tree's impurity (as a share of the tree's
/// weight), and the leaf that it would be without the cut. Shape: decreases [nodes], values [nodes, k].
struct CutWorths {
  std::vector<double> decreases;
  std::vector<double> values;
};

/// The smallest of the subtrees with the least impurity + `alpha` * leaves, by minimal cost-complexity
/// pruning. `nodes` as in_preorder takes them, each after its parent.
/// Source: Breiman et al. 1984, section 3.3.
GrownTree prune(std::span<const model::ForestNode> nodes, std::span<const double> leaf_values,
                const CutWorths& worths, std::size_t output_count, double alpha);

}  // namespace archmlp::train
