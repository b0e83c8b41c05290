#pragma once

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"
#include "archmlp/table/value_ranks.h"

namespace archmlp::preprocess {

/// The distinct times of a column, from the earliest: numbers by value, texts as the points in time that they
/// name in ISO 8601 (transform/date_format.h), however each is written.
/// Errors: kInvalidInput, `where` = `row N` (from 1), for a text that is no such date.
base::Result<table::ValueRanks> rank_times(const table::Column& times);

}  // namespace archmlp::preprocess
