#pragma once

#include <cstddef>
#include <cstdint>

namespace archmlp::table {

/// Bit b of masks[g] tells whether data[64 * g + b] is the delimiter, a double quote, LF or CR. Writes
/// ceil(size / 64) masks; bits beyond `size` are 0. Reads nothing beyond `size`. True if all bytes are ASCII.
bool find_csv_specials(const char* data, std::size_t size, char delimiter, std::uint64_t* masks);

}  // namespace archmlp::table
