#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace archmlp::table {

/// Cuts `text`, which starts at a record's start, into chunks of about `chunk_size` bytes that start where a
/// record starts: chunk i is [starts[i], starts[i + 1]). Exact, also with line breaks in quotes and quotes in
/// odd places: the effect of a stretch of text is found for every state in which it may be entered, in
/// parallel, and then chained. The first start is 0, the last text.size(); a text that ends inside a quoted
/// field has that field in its last chunk.
std::vector<std::size_t> find_chunk_starts(std::string_view text, char delimiter, std::size_t chunk_size,
                                           int thread_count);

}  // namespace archmlp::table
