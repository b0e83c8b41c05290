#pragma once

#include <vector>

#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::transform {

/// The layout of a step that takes columns out and puts others behind those that stay: what is made of the
/// first source, then of the second, and so on.
class ReplacedColumns {
 public:
  /// `sources`: the positions of the columns that are taken out.
  ReplacedColumns(const contract::Schema& input, const std::vector<std::size_t>& sources);

  /// The columns that stay; the step adds what it makes.
  contract::Schema kept(const contract::Schema& input) const;
  std::vector<table::Column> kept(const table::Table& rows) const;
  void keep(const table::Record& record, table::Record& out) const;

  /// Shapes: [outputs] -> [inputs]. `made_counts`: per source, how many columns are made of it; a source is
  /// needed if one of them is.
  std::vector<bool> inputs_needed(const std::vector<bool>& needed,
                                  const std::vector<std::size_t>& made_counts) const;

 private:
  std::vector<std::size_t> sources_;
  std::vector<std::size_t> kept_;  // ascending
  std::size_t input_count_;
};

/// A table of `columns`, which may be none.
base::Result<table::Table> table_of(std::vector<table::Column> columns, std::size_t row_count);

}  // namespace archmlp::transform
