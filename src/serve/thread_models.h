#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/prediction_writer.h"
#include "archmlp/serve/model_store.h"
#include "archmlp/serve/record_source.h"
#include "archmlp/serve/scorer.h"

namespace archmlp::serve {

class ProtocolBuffers;

/// One model as one thread uses it: its buffers, and what answers are made of.
class ModelSession {
 public:
  ModelSession(std::shared_ptr<const ServedModel> model, std::size_t thread);
  ~ModelSession();
  ModelSession(const ModelSession&) = delete;
  ModelSession& operator=(const ModelSession&) = delete;

  const ServedModel& model() const noexcept { return *model_; }
  const std::shared_ptr<const ServedModel>& shared_model() const noexcept { return model_; }
  const predict::Predictor& predictor() const noexcept { return *model_->predictor; }
  Scorer& scorer() noexcept { return scorer_; }
  JsonSource& json_source(predict::RecordForm form);
  ProtocolBuffers& protocols();
  const predict::PredictionWriter& csv_writer() const noexcept { return csv_writer_; }
  /// The label that outputs mean: as JSON, and bare. Precondition: a classification.
  const std::string& class_json(std::span<const double> outputs) const {
    return class_json_[predictor().class_of(outputs)];
  }
  const std::string& class_text(std::span<const double> outputs) const {
    return class_text_[predictor().class_of(outputs)];
  }

 private:
  std::shared_ptr<const ServedModel> model_;
  Scorer scorer_;
  std::array<std::unique_ptr<JsonSource>, 2> json_sources_;  // by RecordForm
  std::unique_ptr<ProtocolBuffers> protocols_;
  predict::PredictionWriter csv_writer_;
  std::vector<std::string> class_json_, class_text_;
};

/// The served models as one thread sees them. Within a request they do not change.
class ThreadModels {
 public:
  ThreadModels(const ModelStore& store, std::size_t thread);

  /// Takes notice of swaps, and lets go of what is no longer served. Called between requests.
  void refresh();
  const ModelSet& set() const noexcept { return *set_; }
  /// The version that is to answer. Empty: the default model, and by the split. Errors: kNotFound (near
  /// names), kInvalidInput for several models and no name.
  base::Result<ModelSession*> choose(std::string_view name, std::string_view version);
  /// Those that get this request too, without being heard. `chosen`: the one that answers.
  template <typename Take>
  void for_each_shadow(const ServedModel& chosen, Take take) {
    const NamedModel* named = set_->find(chosen.name);
    if (named == nullptr || named->shadow.empty()) return;
    for (const NamedModel::Share& share : named->shadow) {
      if (share.model.get() != &chosen && draw() < share.per_cent) take(share.model);
    }
  }

 private:
  ModelSession& session_of(const std::shared_ptr<const ServedModel>& model);
  double draw() noexcept;  // uniform in [0, 100)

  const ModelStore& store_;
  std::size_t thread_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const ModelSet> set_;
  std::vector<std::unique_ptr<ModelSession>> sessions_;
  ModelSession* latest_ = nullptr;
  std::uint64_t draws_ = 0;
  std::uint64_t seed_;
};

}  // namespace archmlp::serve
