#include "archmlp/serve/contract_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::serve {
namespace {

using predict::RecordForm;

base::Error differs(std::string message) {
  return {.code = base::ErrorCode::kContractBroken,
          .message = std::move(message),
          .hint = "serve it under another name, or unload the model first: its clients would break",
          .component = "the new model file"};
}

base::Status check_label(const contract::LabelSchema& served, const contract::LabelSchema& next) {
  if (next.name != served.name) {
    return differs("it predicts " + base::quoted(next.name) + ", the served one " +
                   base::quoted(served.name));
  }
  if (next.task != served.task || next.kind != served.kind) {
    return differs("its label " + base::quoted(next.name) + " is another kind of value");
  }
  if (next.classes != served.classes) return differs("it knows other classes of " + base::quoted(next.name));
  return {};
}

bool is_ignored(const predict::Predictor& predictor, RecordForm form, std::string_view name) {
  const std::vector<std::string>& ignored = predictor.ignored(form);
  return std::find(ignored.begin(), ignored.end(), name) != ignored.end();
}

base::Status check_records(const predict::Predictor& served, const predict::Predictor& next,
                           RecordForm form) {
  for (const contract::ColumnSchema& column : next.schema(form).columns) {
    if (is_ignored(next, form, column.name)) continue;
    const auto place = served.schema(form).find(column.name);
    if (!place || is_ignored(served, form, column.name)) {
      return differs("it needs the column " + base::quoted(column.name) + ", which the served one does not");
    }
    const contract::ColumnSchema& before = served.schema(form).columns[*place];
    if (before.kind != column.kind) {
      return differs("the column " + base::quoted(column.name) + " is " +
                     std::string(contract::to_string(column.kind)) + ", it was " +
                     std::string(contract::to_string(before.kind)));
    }
    if (before.nullable && !column.nullable) {
      return differs("the column " + base::quoted(column.name) + " may no longer be missing");
    }
  }
  // A column that only the served one asks for would be refused as unknown.
  for (const contract::ColumnSchema& column : served.schema(form).columns) {
    if (is_ignored(served, form, column.name) || next.schema(form).find(column.name)) continue;
    if (is_ignored(next, form, column.name)) continue;
    return differs("it does not know the column " + base::quoted(column.name));
  }
  return {};
}

}  // namespace

base::Status check_takes_place_of(const predict::Predictor& served, const predict::Predictor& next) {
  TRY(check_label(served.bundle().contract().label, next.bundle().contract().label));
  if (served.accepts(RecordForm::kRaw)) {
    if (!next.accepts(RecordForm::kRaw)) return differs("it takes no raw records: it has no preprocessing");
    return check_records(served, next, RecordForm::kRaw);
  }
  if (next.accepts(RecordForm::kRaw)) return differs("it takes raw records, the served one prepared ones");
  return check_records(served, next, RecordForm::kPrepared);
}

}  // namespace archmlp::serve
