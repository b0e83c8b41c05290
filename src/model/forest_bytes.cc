// The encoded form: contracts/model-format-forest.md.

#include <bit>
#include <cassert>
#include <cstring>

#include "archmlp/base/try.h"
#include "archmlp/model/forest.h"
#include "archmlp/model/section_bytes.h"

namespace archmlp::model {
namespace {

using base::Error;
using base::Result;

static_assert(std::endian::native == std::endian::little, "forests are used in place, as little-endian");

constexpr std::uint32_t kLayoutVersion = 1;

struct Header {
  std::uint32_t layout_version;
  std::uint32_t task;  // 0 classification, 1 regression
  std::uint32_t feature_count;
  std::uint32_t output_count;
  std::uint64_t tree_count;
  std::uint64_t node_count;
  std::uint64_t leaf_row_count;
  std::uint64_t set_word_count;
  std::uint32_t category_count_count;  // p, or 0: no feature is a category
  std::uint32_t reserved[3];           // zero
};
static_assert(sizeof(Header) == kForestHeaderBytes);

Error broken(std::string message, std::string_view where) {
  return broken_section("forest", std::move(message), where);
}

template <typename T>
Result<std::span<const T>> take(std::span<const std::byte>& rest, std::uint64_t count,
                                std::string_view what) {
  return take_items<T>("forest", rest, count, what);
}

Result<Header> read_header(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) return broken("the section is shorter than its header", "header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.layout_version != kLayoutVersion) {
    return Error{.message = "layout version " + std::to_string(header.layout_version) +
                            " of a forest; this program reads version " + std::to_string(kLayoutVersion),
                 .where = "forest section, header",
                 .hint = "use the program that made the file, or a newer one"};
  }
  if (header.task > 1) return broken("the task is neither 0 nor 1", "header");
  for (const std::uint32_t word : header.reserved) {
    if (word != 0) return broken("a reserved word is not zero", "header");
  }
  if (header.category_count_count != 0 && header.category_count_count != header.feature_count) {
    return broken("category counts are neither absent nor one a feature", "header");
  }
  // Bounds that keep the products below from overflowing.
  if (header.tree_count >= bytes.size() || header.leaf_row_count > bytes.size() ||
      header.output_count > bytes.size()) {
    return broken("a count is larger than the section", "header");
  }
  return header;
}

}  // namespace

Result<std::unique_ptr<const Forest>> Forest::from_bytes(std::span<const std::byte> bytes) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) {
    return broken("the section does not start at a multiple of 8 bytes", "header");
  }
  const Header header = TRY(read_header(bytes));
  std::span<const std::byte> rest = bytes.subspan(sizeof(Header));
  std::unique_ptr<Forest> forest(new Forest);
  forest->task_ = header.task == 0 ? contract::Task::kClassification : contract::Task::kRegression;
  forest->feature_count_ = header.feature_count;
  forest->output_count_ = header.output_count;
  forest->nodes_ = TRY(take<ForestNode>(rest, header.node_count, "nodes"));
  if (header.output_count != 0 && header.leaf_row_count > rest.size() / header.output_count) {
    return broken("the section ends within the leaf values", "leaf values");
  }
  forest->leaf_values_ = TRY(take<double>(rest, header.leaf_row_count * header.output_count, "leaf values"));
  forest->tree_begins_ = TRY(take<std::uint64_t>(rest, header.tree_count + 1, "tree begins"));
  forest->category_counts_ = TRY(take<std::uint32_t>(rest, header.category_count_count, "category counts"));
  forest->set_words_ = TRY(take<std::uint32_t>(rest, header.set_word_count, "sets"));
  if (!rest.empty()) return broken(std::to_string(rest.size()) + " bytes too many", "end");
  TRY(forest->check());
  return std::unique_ptr<const Forest>(std::move(forest));
}

Result<std::unique_ptr<const Forest>> Forest::from_parts(ForestParts parts) {
  std::unique_ptr<Forest> forest(new Forest);
  forest->owned_ = std::move(parts);
  forest->task_ = forest->owned_.task;
  forest->feature_count_ = forest->owned_.feature_count;
  forest->output_count_ = forest->owned_.output_count;
  forest->nodes_ = forest->owned_.nodes;
  forest->leaf_values_ = forest->owned_.leaf_values;
  forest->tree_begins_ = forest->owned_.tree_begins;
  forest->category_counts_ = forest->owned_.category_counts;
  forest->set_words_ = forest->owned_.set_words;
  TRY(forest->check());
  return std::unique_ptr<const Forest>(std::move(forest));
}

std::vector<std::byte> Forest::to_bytes() const {
  Header header = {};
  header.layout_version = kLayoutVersion;
  header.task = task_ == contract::Task::kClassification ? 0 : 1;
  header.feature_count = feature_count_;
  header.output_count = output_count_;
  header.tree_count = tree_count();
  header.node_count = nodes_.size();
  header.leaf_row_count = leaf_values_.size() / output_count_;
  header.set_word_count = set_words_.size();
  header.category_count_count = static_cast<std::uint32_t>(category_counts_.size());
  std::vector<std::byte> out;
  out.reserve(sizeof(header) + nodes_.size_bytes() + leaf_values_.size_bytes() + tree_begins_.size_bytes() +
              category_counts_.size_bytes() + set_words_.size_bytes());
  append_items(out, std::span<const Header>(&header, 1));
  append_items(out, nodes_);
  append_items(out, leaf_values_);
  append_items(out, tree_begins_);
  append_items(out, category_counts_);
  append_items(out, set_words_);
  return out;
}

}  // namespace archmlp::model
