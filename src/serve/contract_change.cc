#include "archmlp/serve/contract_change.h"

#include <algorithm>
#include <string>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::serve {
namespace {

using contract::ColumnKind;
using contract::ColumnSchema;
using predict::Predictor;
using predict::RecordForm;

base::Error changed(std::string what) {
  return {.message = "its contract is not that of the model that is served: " + std::move(what),
          .hint = "clients of that one would notice: give this one another name, or unload the other first"};
}

bool is_ignored(const Predictor& predictor, RecordForm form, const std::string& name) {
  const std::vector<std::string>& ignored = predictor.ignored(form);
  return std::find(ignored.begin(), ignored.end(), name) != ignored.end();
}

/// Null if a record need not have it.
const ColumnSchema* find_needed(const Predictor& predictor, RecordForm form, const std::string& name) {
  const contract::Schema& schema = predictor.schema(form);
  const std::optional<std::size_t> index = schema.find(name);
  return index && !is_ignored(predictor, form, name) ? &schema.columns[*index] : nullptr;
}

base::Status check_label(const contract::LabelSchema& served, const contract::LabelSchema& candidate) {
  if (candidate.name != served.name) {
    return changed("its label is " + base::quoted(candidate.name) + ", not " + base::quoted(served.name));
  }
  if (candidate.task != served.task) {
    return changed("it is a " + std::string(to_string(candidate.task)) + ", not a " +
                   std::string(to_string(served.task)));
  }
  const bool has_classes = served.task == contract::Task::kClassification;
  if (has_classes && (candidate.kind != served.kind || candidate.classes != served.classes)) {
    return changed("its classes are others");
  }
  return {};
}

}  // namespace

base::Status check_same_contract(const Predictor& served, const Predictor& candidate) {
  TRY(check_label(served.bundle().contract().label, candidate.bundle().contract().label));
  const RecordForm form = served.default_form();
  if (candidate.default_form() != form) {
    return changed(form == RecordForm::kRaw ? "it takes prepared records, not raw ones"
                                            : "it takes raw records, not prepared ones");
  }
  for (const ColumnSchema& column : candidate.schema(form).columns) {
    if (is_ignored(candidate, form, column.name)) continue;
    const ColumnSchema* before = find_needed(served, form, column.name);
    if (before == nullptr) return changed("it needs a column " + base::quoted(column.name));
    const bool is_wider = before->kind == ColumnKind::kInteger && column.kind == ColumnKind::kReal;
    if (column.kind != before->kind && !is_wider) {
      return changed("its column " + base::quoted(column.name) + " is " +
                     std::string(to_string(column.kind)) + ", not " + std::string(to_string(before->kind)));
    }
  }
  for (const ColumnSchema& column : served.schema(form).columns) {
    const bool is_known =
        candidate.schema(form).find(column.name).has_value() || is_ignored(candidate, form, column.name);
    if (!is_known && !is_ignored(served, form, column.name)) {
      return changed("it does not know the column " + base::quoted(column.name));
    }
  }
  return {};
}

}  // namespace archmlp::serve
