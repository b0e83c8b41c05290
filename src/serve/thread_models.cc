#include "archmlp/serve/thread_models.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "archmlp/base/rng.h"
#include "archmlp/base/text.h"
#include "archmlp/serve/protocol_buffers.h"

namespace archmlp::serve {

using predict::RecordForm;

ModelSession::ModelSession(std::shared_ptr<const ServedModel> model, std::size_t thread)
    : model_(std::move(model)),
      scorer_(*model_->predictor, model_->metrics->of_thread(thread)),
      csv_writer_(*model_->predictor, predict::FileFormat::kCsv) {
  for (const contract::Value& value : model_->predictor->bundle().contract().label.classes) {
    class_json_.push_back(contract::to_json(value).dump());
    class_text_.push_back(contract::to_text(value));
  }
}

ModelSession::~ModelSession() = default;

JsonSource& ModelSession::json_source(RecordForm form) {
  std::unique_ptr<JsonSource>& slot = json_sources_[form == RecordForm::kRaw ? 0 : 1];
  if (!slot) slot = std::make_unique<JsonSource>(predictor(), form);
  return *slot;
}

ProtocolBuffers& ModelSession::protocols() {
  if (!protocols_) protocols_ = std::make_unique<ProtocolBuffers>(predictor());
  return *protocols_;
}

ThreadModels::ThreadModels(const ModelStore& store, std::size_t thread)
    : store_(store), thread_(thread), seed_(base::mix64(std::random_device()() + thread)) {
  refresh();
}

void ThreadModels::refresh() {
  const std::uint64_t generation = store_.generation();
  if (generation == generation_) return;
  set_ = store_.current();
  generation_ = generation;
  latest_ = nullptr;
  std::erase_if(sessions_, [this](const auto& session) { return !set_->has(session->model()); });
}

double ThreadModels::draw() noexcept {
  constexpr double kUnit = 0x1p-53;
  return static_cast<double>(base::mix64(seed_ + ++draws_) >> 11U) * kUnit * 100.0;
}

ModelSession& ThreadModels::session_of(const std::shared_ptr<const ServedModel>& model) {
  if (latest_ != nullptr && &latest_->model() == model.get()) return *latest_;
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& session) { return &session->model() == model.get(); });
  if (found != sessions_.end()) {
    latest_ = found->get();
  } else {
    latest_ = sessions_.emplace_back(std::make_unique<ModelSession>(model, thread_)).get();
  }
  return *latest_;
}

base::Result<ModelSession*> ThreadModels::choose(std::string_view name, std::string_view version) {
  const NamedModel* named = name.empty() ? set_->default_model() : set_->find(name);
  if (named == nullptr) {
    std::vector<std::string> known;
    for (const NamedModel& model : set_->models()) known.push_back(model.name);
    if (known.empty()) {
      return base::Error{.code = base::ErrorCode::kNotFound,
                         .message = "no model is served",
                         .hint = "put a model file into the folder of models"};
    }
    const std::string hint = base::suggest_names(name, known);
    if (name.empty()) {
      return base::Error{.message = "several models are served: say which",
                         .where = "query",
                         .hint = "add ?model=NAME; " + hint};
    }
    return base::Error{.code = base::ErrorCode::kNotFound,
                       .message = "there is no model " + base::quoted(name),
                       .hint = hint};
  }
  if (version.empty()) {
    const bool is_split = named->split.size() > 1;
    return &session_of(is_split ? named->choose(draw()) : named->split.front().model);
  }
  if (const auto* found = named->find(version)) return &session_of(*found);
  std::vector<std::string> known;
  for (const auto& each : named->versions) known.push_back(each->version);
  return base::Error{
      .code = base::ErrorCode::kNotFound,
      .message = "the model " + base::quoted(named->name) + " has no version " + base::quoted(version),
      .hint = base::suggest_names(version, known)};
}

}  // namespace archmlp::serve
