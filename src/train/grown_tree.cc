#include "archmlp/train/grown_tree.h"

#include <cstdint>

#include "archmlp/train/leaf_pool.h"

namespace archmlp::train {
namespace {

using model::ForestNode;

bool is_leaf(std::uint32_t child) noexcept { return (child & ForestNode::kLeaf) != 0; }

/// The leaf rows that `nodes` points to, in the order in which they come, and the nodes pointing there.
void renumber_leaves(std::span<const double> leaf_values, std::size_t output_count, GrownTree& tree) {
  LeafPool pool(output_count);
  for (ForestNode& node : tree.nodes) {
    for (std::uint32_t* child : {&node.left, &node.right}) {
      if (!is_leaf(*child)) continue;
      const std::size_t row = *child & ForestNode::kIndex;
      *child = pool.add(leaf_values.subspan(row * output_count, output_count)) | ForestNode::kLeaf;
    }
  }
  tree.leaf_values = std::move(pool).take_values();
}

}  // namespace

std::vector<ForestNode> in_preorder(std::span<const ForestNode> nodes) {
  struct Visit {
    std::uint32_t from;    // in `nodes`
    std::uint32_t parent;  // in the result
    bool is_right;
  };
  std::vector<ForestNode> ordered;
  ordered.reserve(nodes.size());
  std::vector<Visit> pending = {{0, 0, false}};
  while (!pending.empty()) {
    const Visit visit = pending.back();
    pending.pop_back();
    const auto place = static_cast<std::uint32_t>(ordered.size());
    if (place > 0) (visit.is_right ? ordered[visit.parent].right : ordered[visit.parent].left) = place;
    const ForestNode& node = nodes[visit.from];
    ordered.push_back(node);
    if (!is_leaf(node.right)) pending.push_back({node.right, place, true});
    if (!is_leaf(node.left)) pending.push_back({node.left, place, false});
  }
  return ordered;
}

GrownTree prune(std::span<const ForestNode> nodes, std::span<const double> leaf_values,
                const CutWorths& worths, std::size_t output_count, double alpha) {
  std::vector<ForestNode> kept(nodes.begin(), nodes.end());
  std::vector<double> values(leaf_values.begin(), leaf_values.end());
  std::vector<double> gains(nodes.size());  // of the pruned subtree: what its cuts lower the impurity by
  std::vector<std::size_t> leaves(nodes.size());  // of the pruned subtree
  std::vector<std::uint8_t> is_cut(nodes.size(), 1);
  const auto become_leaf = [&](std::size_t node) {
    const auto row = static_cast<std::uint32_t>(values.size() / output_count);
    const auto from = worths.values.begin() + static_cast<std::ptrdiff_t>(node * output_count);
    values.insert(values.end(), from, from + static_cast<std::ptrdiff_t>(output_count));
    return row | ForestNode::kLeaf;
  };
  for (std::size_t i = nodes.size(); i-- > 0;) {
    gains[i] = worths.decreases[i];
    for (std::uint32_t* child : {&kept[i].left, &kept[i].right}) {
      if (is_leaf(*child)) {
        ++leaves[i];
      } else if (is_cut[*child] == 0) {
        *child = become_leaf(*child);
        ++leaves[i];
      } else {
        gains[i] += gains[*child];
        leaves[i] += leaves[*child];
      }
    }
    if (gains[i] <= alpha * static_cast<double>(leaves[i] - 1)) is_cut[i] = 0;
  }
  if (is_cut[0] == 0) {
    kept[0] = ForestNode{};
    kept[0].left = kept[0].right = become_leaf(0);
  }
  GrownTree tree{.nodes = in_preorder(kept), .leaf_values = {}};
  renumber_leaves(values, output_count, tree);
  return tree;
}

}  // namespace archmlp::train
