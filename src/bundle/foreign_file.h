#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace archmlp::bundle {

/// What bytes that are no model file look like, for a message: "a Python pickle", "an ONNX model", "a CSV or
/// another text file"; empty if nothing is recognised. Looks at the first few kilobytes only.
std::string_view recognise_foreign_file(std::span<const std::byte> bytes) noexcept;

}  // namespace archmlp::bundle
