#include "archmlp/serve/routes.h"

#include <algorithm>

#include "archmlp/serve/request_options.h"

namespace archmlp::serve {
namespace {

/// The next part of a path, decoded; false for an empty or malformed one.
bool take_part(std::string_view& path, std::string& part) {
  const std::size_t end = std::min(path.find('/'), path.size());
  base::Result<std::string> decoded = percent_decoded(path.substr(0, end), false);
  path.remove_prefix(std::min(end + 1, path.size()));
  if (!decoded.ok() || decoded->empty()) return false;
  part = *std::move(decoded);
  return true;
}

}  // namespace

bool parse_model_path(std::string_view path, std::string_view prefix, ModelPath& parts) {
  if (!path.starts_with(prefix)) return false;
  path.remove_prefix(prefix.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  parts = {};
  if (!take_part(path, parts.name)) return false;
  if (path.starts_with("versions/")) {
    path.remove_prefix(9);
    if (!take_part(path, parts.version)) return false;
  }
  if (path.empty()) return true;
  return take_part(path, parts.action) && path.empty();
}

}  // namespace archmlp::serve
