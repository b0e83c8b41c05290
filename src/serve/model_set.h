#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/serve_config.h"
#include "archmlp/serve/served_model.h"

namespace archmlp::serve {

/// Versions of one model.
struct NamedModel {
  struct Share {
    std::shared_ptr<const ServedModel> model;
    double per_cent = 0;
  };

  std::string name;
  std::vector<std::shared_ptr<const ServedModel>> versions;  // ascending (version_less), never empty
  std::vector<Share> split;                                  // sums to 100
  std::vector<Share> shadow;

  /// Null if absent.
  const std::shared_ptr<const ServedModel>* find(std::string_view version) const noexcept;
  /// `draw`: uniform in [0, 100).
  const std::shared_ptr<const ServedModel>& choose(double draw) const noexcept;
};

/// "2" before "10"; otherwise by characters.
bool version_less(std::string_view a, std::string_view b) noexcept;

/// Every model that is served, at one moment. Immutable.
class ModelSet {
 public:
  ModelSet() = default;
  explicit ModelSet(std::vector<NamedModel> models);  // sorted by name here

  const std::vector<NamedModel>& models() const noexcept { return models_; }
  const NamedModel* find(std::string_view name) const noexcept;
  /// The one that answers where no name is given: the only one, or the one called "default". Null if neither.
  const NamedModel* default_model() const noexcept;
  bool has(const ServedModel& model) const noexcept;

 private:
  std::vector<NamedModel> models_;
};

/// Sets split and shadow of `model`. Errors: kInvalidInput for an unknown version, a share out of range, or
/// a split that does not sum to 100.
base::Status set_traffic(NamedModel& model, const contract::TrafficConfig& traffic);

}  // namespace archmlp::serve
