#include "archmlp/train/tree_grower.h"

namespace archmlp::train {

std::vector<model::ForestNode> in_preorder(std::span<const model::ForestNode> nodes) {
  using model::ForestNode;
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
    if ((node.right & ForestNode::kLeaf) == 0) pending.push_back({node.right, place, true});
    if ((node.left & ForestNode::kLeaf) == 0) pending.push_back({node.left, place, false});
  }
  return ordered;
}

}  // namespace archmlp::train
