// What cast and date_parts become: they learn nothing.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/transform/date_format.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Status;

Status check_format(const std::string& text) {
  const auto format = transform::DateFormat::compile(text);
  return format.ok() ? Status() : Status(base::located("format", format.error()));
}

transform::CastType type_of(const std::string& name) {
  using transform::CastType;
  for (const CastType type : {CastType::kInteger, CastType::kReal, CastType::kBoolean, CastType::kText}) {
    if (to_string(type) == name) return type;
  }
  return CastType::kDate;
}

}  // namespace

Fitted fit(const contract::CastStep& step, const FitInput& /*input*/) {
  TRY(check_format(step.format));
  transform::Cast cast;
  cast.columns = step.columns;
  cast.type = type_of(step.type);
  cast.notation.decimal = step.decimal[0];
  cast.notation.thousands = step.thousands.value_or(step.decimal == "." ? "," : ".");
  cast.notation.currency = step.currency.value_or("");
  cast.true_values = step.true_values;
  cast.false_values = step.false_values;
  cast.format = step.format;
  cast.unit = *transform::time_unit_from(step.unit);
  cast.invalid_is_missing = step.errors == "missing";
  return FittedStep(transform::make_cast(std::move(cast)));
}

Fitted fit(const contract::DatePartsStep& step, const FitInput& /*input*/) {
  TRY(check_format(step.format));
  transform::DateParts fitted;
  fitted.columns = step.columns;
  for (const std::string& name : step.parts) fitted.parts.push_back(*transform::date_part_from(name));
  fitted.cyclic = step.cyclic;
  fitted.format = step.format;
  fitted.unit = *transform::time_unit_from(step.unit);
  fitted.invalid_is_missing = step.errors == "missing";
  return FittedStep(transform::make_date_parts(std::move(fitted)));
}

}  // namespace archmlp::preprocess
