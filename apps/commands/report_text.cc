#include "report_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"

namespace archmlp::apps {

using base::with_thousands;

namespace {

std::size_t rows_of(const contract::DatasetContract& contract, std::string_view file) {
  const auto found = contract.files.find(file);
  return found == contract.files.end() ? 0 : found->second.row_count;
}

}  // namespace

std::string to_text(const preprocess::PreprocessReport& report, const std::filesystem::path& out) {
  const contract::DatasetContract& contract = report.contract;
  std::string text = fmt::format("read      {} rows", with_thousands(report.rows_read));
  if (report.rows_dropped > 0)
    text += fmt::format(", {} of them left out by the steps", with_thousands(report.rows_dropped));
  text +=
      fmt::format("\nprepared  {} features, label {} ({}): {} rows to train, {} to test\n",
                  contract.features.columns.size(), base::quoted(contract.label.name),
                  contract::to_string(contract.label.task), with_thousands(rows_of(contract, "x_train.csv")),
                  with_thousands(rows_of(contract, "x_test.csv")));
  for (const std::string& warning : report.warnings) text += fmt::format("note      {}\n", warning);
  for (const auto& [column, count] : report.unknown_categories) {
    text += fmt::format("note      {} test rows have a value in {} that no training row has\n",
                        with_thousands(count), base::quoted(column));
  }
  return text + fmt::format("wrote     {}\n", out.string());
}

nlohmann::ordered_json to_json(const preprocess::PreprocessReport& report, const std::filesystem::path& out) {
  nlohmann::ordered_json json = {{"out", out.string()},
                                 {"rows_read", report.rows_read},
                                 {"rows_dropped", report.rows_dropped},
                                 {"train_rows", rows_of(report.contract, "x_train.csv")},
                                 {"test_rows", rows_of(report.contract, "x_test.csv")},
                                 {"features", report.contract.features.names()},
                                 {"label", report.contract.label.name},
                                 {"warnings", report.warnings},
                                 {"unknown_categories", nlohmann::ordered_json::object()}};
  for (const auto& [column, count] : report.unknown_categories) json["unknown_categories"][column] = count;
  return json;
}

namespace {

std::string forest_text(const train_stage::TrainReport& report) {
  return fmt::format("{} trees with {} leaves", report.model.value("trees", 0),
                     with_thousands(report.model.value("leaves", std::size_t{0})));
}

std::string svm_text(const train_stage::TrainReport& report) {
  const std::size_t count = report.model.value("support_vectors", std::size_t{0});
  return fmt::format("svm, kernel {}, {} support vector{}", report.model.value("kernel", ""),
                     with_thousands(count), count == 1 ? "" : "s");
}

/// How good the optimum is that was found.
std::string certificate_text(const nlohmann::ordered_json& model) {
  const auto number = [&](const char* key) { return model.value(key, 0.0); };
  std::string text =
      fmt::format("optimum   violation {:.2g} of tol {:.2g}, primal {:.6g}, dual {:.6g}, gap {:.2g}\n",
                  number("violation"), number("tol"), number("primal"), number("dual"), number("gap"));
  if (model.value("converged", true)) return text;
  const std::string reason = model.value("stopped_by", "");
  const std::string_view hint = reason == "max_time"   ? "give it more --max-time"
                                : reason == "max_iter" ? "raise --max-iter"
                                                       : "scale the features (--scale), or lower C or gamma";
  return text + fmt::format("note      NOT CONVERGED ({}): this is what it had come to; {}\n", reason, hint);
}

}  // namespace

std::string to_text(const train_stage::TrainReport& report, const std::filesystem::path& out) {
  const bool is_svm = report.kind == "svm";
  std::string text = fmt::format(
      "trained   {} on {} rows x {} features, {}{}\n", is_svm ? svm_text(report) : forest_text(report),
      with_thousands(report.row_count), report.feature_count, contract::to_string(report.task),
      report.task_was_guessed ? " (guessed from the label; --task says otherwise)" : "");
  text += fmt::format("contract  {}\n", report.has_contract
                                            ? "contract.json holds; the model takes raw records"
                                            : "none that applies: the model takes features by name");
  if (is_svm) text += certificate_text(report.model);
  for (const std::string& warning : report.warnings) text += fmt::format("note      {}\n", warning);
  if (report.first_tree_count > 0) {
    text += fmt::format("note      {} of the trees are those of the model that was given\n",
                        report.first_tree_count);
  }
  if (!report.met_deadline && !is_svm) {
    text += fmt::format("note      the time was up after {} of {} trees; the model is made of these\n",
                        report.model.value("trees", 0), report.wanted_tree_count);
  }
  if (report.metrics.contains("oob_score")) {
    text += fmt::format("OOB score {:.4f}\n", report.metrics["oob_score"].get<double>());
  }
  if (report.metrics.contains("validation")) {
    const auto& validation = report.metrics["validation"];
    const char* name = validation.contains("r2") ? "r2" : "accuracy";
    text += fmt::format("tested    {} {:.4f} on {} rows\n", name, validation[name].get<double>(),
                        with_thousands(validation["row_count"].get<std::size_t>()));
  }
  return text + fmt::format("wrote     {} (SHA-256 {})\n", out.string(), report.model_sha256);
}

nlohmann::ordered_json to_json(const train_stage::TrainReport& report, const std::filesystem::path& out) {
  return {{"out", out.string()},
          {"sha256", report.model_sha256},
          {"task", contract::to_string(report.task)},
          {"task_was_guessed", report.task_was_guessed},
          {"has_contract", report.has_contract},
          {"rows", report.row_count},
          {"features", report.feature_count},
          {"warnings", report.warnings},
          {"kind", report.kind},
          {"model", report.model},
          {"metrics", report.metrics},
          {"first_trees", report.first_tree_count},
          {"stopped_by_max_time", !report.met_deadline}};
}

}  // namespace archmlp::apps
