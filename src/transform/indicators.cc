#include "archmlp/transform/indicators.h"

#include "archmlp/base/try.h"

namespace archmlp::transform {

base::Status IndicatorStep::apply(table::Record& record, RecordScratch& scratch) const {
  scratch.ones.clear();
  TRY(apply_sparsely(record, scratch));
  record.resize(output().columns.size(), table::Cell::of(std::int64_t{0}));
  for (const std::uint32_t one : scratch.ones) record[one].integer = 1;
  scratch.ones.clear();
  return {};
}

}  // namespace archmlp::transform
