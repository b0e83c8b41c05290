#include "archmlp/serve/shadow_queue.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <utility>

#include "archmlp/base/thread_name.h"
#include "archmlp/serve/read_records.h"

namespace archmlp::serve {
namespace {

constexpr std::size_t kMaxTrials = 1024;
constexpr std::size_t kMaxBytes = 64U << 20U;
constexpr std::size_t kKeptSessions = 4;
constexpr std::chrono::seconds kIdleTick{1};

}  // namespace

ShadowQueue::ShadowQueue(const ModelStore& store, std::size_t thread)
    : store_(store), thread_number_(thread), worker_([this] { work(); }) {}

ShadowQueue::~ShadowQueue() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  worker_.join();
}

void ShadowQueue::offer(ThreadModels& models, ModelSession& chosen, BodyFormat format,
                        predict::RecordForm form, std::string_view body) {
  models.for_each_shadow(chosen.model(), [&](const std::shared_ptr<const ServedModel>& model) {
    if (!model->predictor->accepts(form)) return;
    Trial trial{.model = model,
                .format = format,
                .form = form,
                .body = std::string(body),
                .answers = {},
                .was_whole = chosen.scorer().errors().empty()};
    for (std::size_t i = 0; i < chosen.scorer().predicted_count(); ++i)
      trial.answers.push_back(chosen.predictor().label_of(chosen.scorer().outputs(i)));
    {
      const std::lock_guard lock(mutex_);
      if (trials_.size() >= kMaxTrials || bytes_ + body.size() > kMaxBytes) {
        ++dropped_;
        return;
      }
      bytes_ += body.size();
      trials_.push_back(std::move(trial));
    }
    changed_.notify_one();
  });
}

std::uint64_t ShadowQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void ShadowQueue::work() {
  base::name_this_thread("shadow");
  constexpr int kNice = 15;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  std::unique_lock lock(mutex_);
  while (true) {
    while (!changed_.wait_for(lock, kIdleTick, [this] { return ends_ || !trials_.empty(); })) {
      lock.unlock();
      drop_unserved();
      lock.lock();
    }
    if (ends_) return;
    const Trial trial = std::move(trials_.front());
    trials_.pop_front();
    lock.unlock();
    try {
      run(trial);
    } catch (const std::exception&) {
      sessions_.clear();  // out of memory: a trial is not worth more
    }
    lock.lock();
    bytes_ -= trial.body.size();
  }
}

/// Its own buffers alone; what still waits to be tried holds its model until then.
void ShadowQueue::drop_unserved() {
  const std::uint64_t generation = store_.generation();
  if (generation == generation_) return;
  generation_ = generation;
  set_ = store_.current();
  std::erase_if(sessions_, [this](const auto& session) { return !set_->has(session->model()); });
}

void ShadowQueue::run(const Trial& trial) {
  drop_unserved();
  if (set_ != nullptr && !set_->has(*trial.model)) return;
  auto found = std::find_if(sessions_.begin(), sessions_.end(),
                            [&](const auto& session) { return &session->model() == trial.model.get(); });
  if (found == sessions_.end()) {
    if (sessions_.size() >= kKeptSessions) sessions_.erase(sessions_.begin());
    sessions_.push_back(std::make_unique<ModelSession>(trial.model, thread_number_));
    found = std::prev(sessions_.end());
  }
  ModelSession& session = **found;
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();  // the request was within the limit
  const base::Result<Records> records = read_records(session, trial.form, trial.format, trial.body, 0, kAny);
  if (!records.ok()) return;
  session.scorer().score(*records->source, trial.form, false);
  const bool is_comparable = trial.was_whole && session.scorer().errors().empty() &&
                             session.scorer().predicted_count() == trial.answers.size();
  if (!is_comparable) return;
  ModelMetrics::Block& metrics = session.model().metrics->of_thread(thread_number_);
  for (std::size_t i = 0; i < trial.answers.size(); ++i) {
    metrics.compared(session.predictor().label_of(session.scorer().outputs(i)) == trial.answers[i]);
  }
}

}  // namespace archmlp::serve
