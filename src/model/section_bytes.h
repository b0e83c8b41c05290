#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"

// How the section of a model is read and written: arrays that are used in place, one behind the other.

namespace archmlp::model {

/// `kind`: of the model, for the message.
inline base::Error broken_section(std::string_view kind, std::string message, std::string_view where) {
  return base::Error{.message = std::move(message),
                     .where = std::string(kind).append(" section, ").append(where),
                     .hint = "the model file is damaged: train again or copy it again"};
}

/// Takes `count` items off the front of `rest`. Errors: kInvalidInput if they are not there.
template <typename T>
base::Result<std::span<const T>> take_items(std::string_view kind, std::span<const std::byte>& rest,
                                            std::uint64_t count, std::string_view what) {
  if (count > rest.size() / sizeof(T))
    return broken_section(kind, std::string("the section ends within the ").append(what), what);
  const std::span<const T> items(reinterpret_cast<const T*>(rest.data()), static_cast<std::size_t>(count));
  rest = rest.subspan(items.size_bytes());
  return items;
}

template <typename T>
void append_items(std::vector<std::byte>& out, std::span<const T> items) {
  if (items.empty()) return;
  const std::size_t begin = out.size();
  out.resize(begin + items.size_bytes());
  std::memcpy(out.data() + begin, items.data(), items.size_bytes());
}

}  // namespace archmlp::model
