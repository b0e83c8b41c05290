#include "archmlp/serve/model_set.h"

#include <algorithm>
#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::serve {
namespace {

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_zeros(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return text;
}

base::Result<std::vector<NamedModel::Share>> shares_of(const NamedModel& model,
                                                       const std::map<std::string, double>& wanted,
                                                       const std::string& what) {
  std::vector<NamedModel::Share> shares;
  for (const auto& [version, per_cent] : wanted) {
    const auto* found = model.find(version);
    if (found == nullptr) {
      std::vector<std::string> known;
      for (const auto& each : model.versions) known.push_back(each->version);
      return base::Error{
          .message = "the model " + base::quoted(model.name) + " has no version " + base::quoted(version),
          .where = what,
          .hint = base::suggest_names(version, known)};
    }
    if (!(per_cent >= 0 && per_cent <= 100)) {
      std::string where = what;
      where.append(".").append(version);
      return base::Error{.message = "a share is from 0 to 100 per cent", .where = std::move(where)};
    }
    shares.push_back({*found, per_cent});
  }
  return shares;
}

}  // namespace

const std::shared_ptr<const ServedModel>* NamedModel::find(std::string_view version) const noexcept {
  const auto found = std::find_if(versions.begin(), versions.end(),
                                  [version](const auto& each) { return each->version == version; });
  return found == versions.end() ? nullptr : &*found;
}

const std::shared_ptr<const ServedModel>& NamedModel::choose(double draw) const noexcept {
  for (const Share& share : split) {
    if (draw < share.per_cent) return share.model;
    draw -= share.per_cent;
  }
  return split.back().model;
}

bool version_less(std::string_view a, std::string_view b) noexcept {
  if (!is_number(a) || !is_number(b)) return is_number(a) != is_number(b) ? !is_number(a) : a < b;
  const std::string_view left = without_zeros(a);
  const std::string_view right = without_zeros(b);
  if (left.size() != right.size()) return left.size() < right.size();
  return left != right ? left < right : a < b;
}

ModelSet::ModelSet(std::vector<NamedModel> models) : models_(std::move(models)) {
  std::sort(models_.begin(), models_.end(),
            [](const NamedModel& a, const NamedModel& b) { return a.name < b.name; });
}

const NamedModel* ModelSet::find(std::string_view name) const noexcept {
  const auto found = std::find_if(models_.begin(), models_.end(),
                                  [name](const NamedModel& model) { return model.name == name; });
  return found == models_.end() ? nullptr : &*found;
}

const NamedModel* ModelSet::default_model() const noexcept {
  return models_.size() == 1 ? &models_.front() : find("default");
}

bool ModelSet::has(const ServedModel& model) const noexcept {
  const NamedModel* named = find(model.name);
  const auto* version = named == nullptr ? nullptr : named->find(model.version);
  return version != nullptr && version->get() == &model;
}

base::Status set_traffic(NamedModel& model, const contract::TrafficConfig& traffic) {
  std::vector<NamedModel::Share> split = TRY(shares_of(model, traffic.split, "split"));
  model.shadow = TRY(shares_of(model, traffic.shadow, "shadow"));
  double sum = 0;
  for (const NamedModel::Share& share : split) sum += share.per_cent;
  if (!split.empty() && std::abs(sum - 100) > 1e-6) {
    return base::Error{.message = "the shares of the split sum to " + base::format_real(sum) + ", not to 100",
                       .where = "split"};
  }
  if (split.empty()) split.push_back({model.versions.back(), 100.0});
  model.split = std::move(split);
  return {};
}

}  // namespace archmlp::serve
