#include "archmlp/serve/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <utility>

#include "archmlp/serve/routes.h"

namespace archmlp::serve {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Page {
 public:
  void family(const std::string& name, const std::string& help, MetricType type) {
    families_.emplace_back();
    families_.back().name = name;
    families_.back().help = help;
    families_.back().type = type;
  }
  void add(Labels labels, double value) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
  }
  void add(Labels labels, std::uint64_t value) { add(std::move(labels), static_cast<double>(value)); }
  void add_histogram(Labels labels, const ClientMetric::Histogram& histogram) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram = histogram;
  }
  std::string text() {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

std::uint64_t sum(const std::vector<const http::LoopCounters*>& loops,
                  const std::function<const http::Counter&(const http::LoopCounters&)>& counter) {
  std::uint64_t total = 0;
  for (const http::LoopCounters* loop : loops) total += counter(*loop).value();
  return total;
}

void add_requests(Page& page, const std::vector<const http::LoopCounters*>& loops,
                  const std::vector<std::string>& routes) {
  page.family("archmlp_http_requests_total",
              "Requests answered, by what was asked and the class of the status", MetricType::Counter);
  for (std::size_t route = 0; route < routes.size(); ++route) {
    for (std::size_t status = 1; status < 6; ++status) {
      const std::uint64_t count = sum(loops, [&](const auto& loop) -> const http::Counter& {
        return loop.routes[route].by_status[status];
      });
      if (count > 0) page.add({{"route", routes[route]}, {"status", std::to_string(status) + "xx"}}, count);
    }
  }
  page.family("archmlp_http_request_seconds", "From a request's last byte to its answer",
              MetricType::Histogram);
  for (std::size_t route = 0; route < routes.size(); ++route) {
    ClientMetric::Histogram histogram;
    const auto& bounds = http::LoopCounters::kSeconds;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      histogram.sample_count +=
          sum(loops, [&](const auto& loop) -> const http::Counter& { return loop.routes[route].by_time[i]; });
      histogram.bucket.push_back({histogram.sample_count, bounds[i]});
    }
    histogram.sample_count += sum(loops, [&](const auto& loop) -> const http::Counter& {
      return loop.routes[route].by_time[bounds.size()];
    });
    histogram.sample_sum = static_cast<double>(sum(loops,
                                                   [&](const auto& loop) -> const http::Counter& {
                                                     return loop.routes[route].nanoseconds;
                                                   })) *
                           1e-9;
    if (histogram.sample_count > 0) page.add_histogram({{"route", routes[route]}}, histogram);
  }
}

void add_server(Page& page, const ServerFigures& figures) {
  page.family("archmlp_connections", "Connections open now", MetricType::Gauge);
  page.add(
      {}, sum(figures.loops, [](const auto& loop) -> const http::Counter& { return loop.open_connections; }));
  page.family("archmlp_connections_total", "Connections accepted", MetricType::Counter);
  page.add({}, sum(figures.loops,
                   [](const auto& loop) -> const http::Counter& { return loop.accepted_connections; }));
  page.family("archmlp_requests_rejected_total",
              "Requests and connections refused before they were looked at", MetricType::Counter);
  for (std::size_t reason = 0; reason < http::kRejectionNames.size(); ++reason) {
    page.add({{"reason", std::string(http::kRejectionNames[reason])}},
             sum(figures.loops,
                 [&](const auto& loop) -> const http::Counter& { return loop.rejections[reason]; }));
  }
  page.family("archmlp_pool_queue", "Large requests that wait for a thread", MetricType::Gauge);
  page.add({}, static_cast<double>(figures.waiting_for_pool));
  page.family("archmlp_shadow_dropped_total", "Shadow predictions left out because too many waited",
              MetricType::Counter);
  page.add({}, figures.dropped_shadows);
  page.family("archmlp_access_log_dropped_bytes_total", "Bytes of the access log that could not be written",
              MetricType::Counter);
  page.add({}, figures.dropped_log_bytes);
  page.family("archmlp_uptime_seconds", "Since the server started", MetricType::Gauge);
  page.add({}, figures.seconds_since_start);
}

struct ModelFigures {
  const ServedModel* model;
  ModelMetrics::Totals totals;
  double split = 0;
  double shadow = 0;

  Labels labels() const { return {{"model", model->name}, {"version", model->version}}; }
  Labels labels(const char* name, const std::string& value) const {
    return {{"model", model->name}, {"version", model->version}, {name, value}};
  }
};

std::vector<ModelFigures> figures_of(const ModelSet& set) {
  std::vector<ModelFigures> all;
  for (const NamedModel& named : set.models()) {
    for (const auto& model : named.versions) {
      ModelFigures figures{.model = model.get(), .totals = model->metrics->totals()};
      for (const NamedModel::Share& share : named.split)
        if (share.model == model) figures.split = share.per_cent;
      for (const NamedModel::Share& share : named.shadow)
        if (share.model == model) figures.shadow = share.per_cent;
      all.push_back(std::move(figures));
    }
  }
  return all;
}

void add_models(Page& page, const std::vector<ModelFigures>& models) {
  page.family("archmlp_model_info", "Models that are served: 1", MetricType::Gauge);
  for (const ModelFigures& each : models)
    page.add(each.labels("sha256", each.model->predictor->bundle().sha256()), 1.0);
  page.family("archmlp_model_traffic_ratio", "Share of the answers that a version gives", MetricType::Gauge);
  for (const ModelFigures& each : models) page.add(each.labels(), each.split / 100);
  page.family("archmlp_model_rows_total", "Records predicted", MetricType::Counter);
  for (const ModelFigures& each : models) page.add(each.labels(), each.totals.rows);
  page.family("archmlp_model_refused_rows_total", "Records refused", MetricType::Counter);
  for (const ModelFigures& each : models) page.add(each.labels(), each.totals.refused_rows);
  page.family("archmlp_model_predictions_total", "Records predicted, by class", MetricType::Counter);
  for (const ModelFigures& each : models) {
    const auto& classes = each.model->predictor->bundle().contract().label.classes;
    for (std::size_t i = 0; i < classes.size(); ++i)
      page.add(each.labels("class", contract::to_text(classes[i])), each.totals.classes[i]);
  }
  page.family("archmlp_model_prediction_sum", "Sum of the numbers that a regression predicted",
              MetricType::Gauge);
  for (const ModelFigures& each : models) {
    if (each.totals.classes.empty()) page.add(each.labels(), each.totals.value_sum);
  }
  page.family("archmlp_model_missing_values_total", "Missing values that arrived", MetricType::Counter);
  for (const ModelFigures& each : models)
    for (const auto& column : each.totals.columns)
      page.add(each.labels("column", column.name), column.missing);
  page.family("archmlp_model_unknown_categories_total", "Values that no training row has",
              MetricType::Counter);
  for (const ModelFigures& each : models)
    for (const auto& column : each.totals.columns)
      page.add(each.labels("column", column.name), column.unknown);
}

void add_drift(Page& page, const std::vector<ModelFigures>& models) {
  page.family("archmlp_model_drift_psi",
              "Population stability index of each input of the model: latest rows against training rows",
              MetricType::Gauge);
  for (const ModelFigures& each : models)
    for (const auto& input : each.totals.inputs)
      page.add(each.labels("feature", input.name), input.stability_index);
  page.family("archmlp_model_drift_rows", "On how many of the latest rows the drift stands",
              MetricType::Gauge);
  for (const ModelFigures& each : models)
    if (!each.totals.inputs.empty()) page.add(each.labels(), each.totals.drift_rows);
  page.family("archmlp_model_shadow_rows_total",
              "Records that a shadow predicted as the answer did, or otherwise", MetricType::Counter);
  for (const ModelFigures& each : models) {
    if (each.totals.agreements + each.totals.disagreements == 0 && each.shadow == 0) continue;
    page.add(each.labels("agrees", "true"), each.totals.agreements);
    page.add(each.labels("agrees", "false"), each.totals.disagreements);
  }
}

}  // namespace

std::string metrics_page(const ServerFigures& figures, const ModelStore& store) {
  Page page;
  const std::vector<std::string> routes(kRouteNames.begin(), kRouteNames.end());
  add_requests(page, figures.loops, routes);
  add_server(page, figures);
  const std::shared_ptr<const ModelSet> set = store.current();
  const std::vector<ModelFigures> models = figures_of(*set);
  add_models(page, models);
  page.family("archmlp_model_swaps_total", "Model files loaded, or refused", MetricType::Counter);
  for (const auto& [name, counts] : store.swap_counts()) {
    page.add({{"model", name}, {"result", "loaded"}}, counts.loaded);
    page.add({{"model", name}, {"result", "refused"}}, counts.refused);
  }
  add_drift(page, models);
  return page.text();
}

}  // namespace archmlp::serve
