#include "archmlp/train/forest_assembly.h"

#include "archmlp/train/leaf_pool.h"

namespace archmlp::train {
namespace {

using model::ForestNode;

/// Gives every leaf of the tree its row in the forest's table.
void renumber_leaves(std::vector<ForestNode>& nodes, const std::vector<std::uint32_t>& places) {
  for (ForestNode& node : nodes) {
    for (std::uint32_t* child : {&node.left, &node.right}) {
      if ((*child & ForestNode::kLeaf) != 0) *child = places[*child & ForestNode::kIndex] | ForestNode::kLeaf;
    }
  }
}

std::size_t node_count_of(const model::Forest& forest) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < forest.tree_count(); ++i) count += forest.tree(i).size();
  return count;
}

/// The trees of another forest, whose leaf table holds no row twice, as its own places say.
void take_over(const model::Forest& forest, model::ForestParts& parts, LeafPool& pool) {
  const std::size_t outputs = forest.output_count();
  for (std::size_t begin = 0; begin < forest.leaf_values().size(); begin += outputs) {
    pool.add(forest.leaf_values().subspan(begin, outputs));
  }
  for (std::size_t i = 0; i < forest.tree_count(); ++i) {
    const auto nodes = forest.tree(i);
    parts.nodes.insert(parts.nodes.end(), nodes.begin(), nodes.end());
    parts.tree_begins.push_back(parts.nodes.size());
  }
}

}  // namespace

base::Result<std::unique_ptr<const model::Forest>> assemble_forest(const ForestPlan& plan,
                                                                   std::size_t feature_count,
                                                                   const model::Forest* first_trees,
                                                                   std::vector<GrownTree> trees) {
  const bool classification = plan.task == contract::Task::kClassification;
  const std::size_t outputs = classification ? plan.class_count : 1;
  model::ForestParts parts;
  parts.task = plan.task;
  parts.feature_count = static_cast<std::uint32_t>(feature_count);
  parts.output_count = static_cast<std::uint32_t>(outputs);
  std::size_t node_count = 0;
  std::size_t leaf_bound = 0;
  if (first_trees != nullptr) {
    node_count = node_count_of(*first_trees);
    leaf_bound = first_trees->leaf_values().size() / outputs;
  }
  for (const GrownTree& tree : trees) {
    node_count += tree.nodes.size();
    leaf_bound += tree.leaf_values.size() / outputs;
  }
  if (leaf_bound > ForestNode::kIndex) {
    return base::Error{.code = base::ErrorCode::kResourceLimit,
                       .message = "the forest has more than 2^31 - 1 leaves",
                       .hint = "raise min_samples_leaf or use fewer trees"};
  }
  parts.nodes.reserve(node_count);
  parts.tree_begins.push_back(0);
  LeafPool pool(outputs);
  if (first_trees != nullptr) take_over(*first_trees, parts, pool);
  std::vector<std::uint32_t> places;
  for (GrownTree& tree : trees) {
    places.resize(tree.leaf_values.size() / outputs);
    for (std::size_t i = 0; i < places.size(); ++i) {
      places[i] = pool.add(std::span<const double>(tree.leaf_values).subspan(i * outputs, outputs));
    }
    renumber_leaves(tree.nodes, places);
    parts.nodes.insert(parts.nodes.end(), tree.nodes.begin(), tree.nodes.end());
    parts.tree_begins.push_back(parts.nodes.size());
    tree = {};
  }
  parts.leaf_values = std::move(pool).take_values();
  return model::Forest::from_parts(std::move(parts));
}

}  // namespace archmlp::train
