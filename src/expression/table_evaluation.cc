#include "archmlp/expression/table_evaluation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace archmlp::expression {
namespace {

constexpr std::size_t kBlock = 1024;  // rows: a register is 8 KiB

const table::Column& column_of(const Expression::Program& program, const table::Table& rows,
                               std::uint32_t index) {
  return rows.column(program.columns[index]);
}

/// The levels of a text column after the operand's functions.
std::vector<std::string> transformed_levels(const TextOperand& operand,
                                            const std::vector<std::string>& levels) {
  Scratch scratch;
  std::vector<std::string> result;
  result.reserve(levels.size());
  for (const std::string& level : levels) {
    scratch.clear();
    result.emplace_back(transform_text(operand, level, scratch));
  }
  return result;
}

/// A test of one column against fixed text: its result for every level, at code + 1, the missing value's
/// first.
struct LevelTable {
  const std::int32_t* codes = nullptr;
  std::vector<double> results;

  void run(std::size_t begin, std::size_t count, double* out) const {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = results[static_cast<std::size_t>(static_cast<std::int64_t>(codes[begin + i]) + 1)];
    }
  }
};

/// A comparison of two columns: ranks of their levels among all texts of both, -1 where missing.
struct RankedPair {
  const std::int32_t* a_codes = nullptr;
  const std::int32_t* b_codes = nullptr;
  std::vector<double> a_ranks, b_ranks;  // at code + 1; NaN is missing
  Op comparison = Op::kEqual;

  void run(std::size_t begin, std::size_t count, double* out) const {
    with_op(comparison, [&](auto op) {
      for (std::size_t i = 0; i < count; ++i) {
        const double a = a_ranks[static_cast<std::size_t>(static_cast<std::int64_t>(a_codes[begin + i]) + 1)];
        const double b = b_ranks[static_cast<std::size_t>(static_cast<std::int64_t>(b_codes[begin + i]) + 1)];
        out[i] = compute<op()>(a, b);
      }
    });
  }
};

LevelTable make_level_table(const TextTest& test, const TextOperand& operand, bool operand_is_a,
                            const table::TextCells& cells) {
  LevelTable table;
  table.codes = cells.codes.data();
  table.results.reserve(cells.levels.size() + 1);
  table.results.push_back(missing_text_result(test));
  if (test.kind == TextTestKind::kIsNull || test.kind == TextTestKind::kNotNull) {
    table.results.resize(cells.levels.size() + 1, test_text(test, {}, {}));
    return table;
  }
  Scratch scratch;
  for (const std::string& level : cells.levels) {
    scratch.clear();
    const std::string_view text = transform_text(operand, level, scratch);
    table.results.push_back(operand_is_a ? test_text(test, text, test.b.constant)
                                         : test_text(test, test.a.constant, text));
  }
  return table;
}

RankedPair make_ranked_pair(const TextTest& test, const table::TextCells& a, const table::TextCells& b) {
  assert(test.kind == TextTestKind::kCompare);
  const std::vector<std::string> a_levels = transformed_levels(test.a, a.levels);
  const std::vector<std::string> b_levels = transformed_levels(test.b, b.levels);
  std::vector<std::string_view> all(a_levels.begin(), a_levels.end());
  all.insert(all.end(), b_levels.begin(), b_levels.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const auto ranks_of = [&](const std::vector<std::string>& levels) {
    std::vector<double> ranks = {kMissing};
    for (const std::string& level : levels) {
      ranks.push_back(static_cast<double>(std::lower_bound(all.begin(), all.end(), level) - all.begin()));
    }
    return ranks;
  };
  return {a.codes.data(), b.codes.data(), ranks_of(a_levels), ranks_of(b_levels), test.comparison};
}

/// Runs a program over the blocks of one table. Not for text results.
class BlockRunner {
 public:
  BlockRunner(const Expression::Program& program, const table::Table& rows)
      : program_(program),
        rows_(rows),
        registers_(program.register_count * kBlock),
        columns_(program.columns.size()) {
    prepare_texts();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const contract::ColumnKind kind = rows.column(program.columns[i]).kind();
      if (kind == contract::ColumnKind::kInteger || kind == contract::ColumnKind::kBoolean) {
        columns_[i].converted.resize(kBlock);
      }
    }
  }

  /// The result of rows [begin, begin + count): `count` values, or one for all.
  struct Block {
    const double* values = nullptr;
    bool is_constant = false;
    double at(std::size_t i) const { return values[is_constant ? 0 : i]; }
  };
  Block run(std::size_t begin, std::size_t count) {
    load_columns(begin, count);
    for (const Instruction& step : program_.code) {
      double* out = &registers_[step.target * kBlock];
      if (step.op == Op::kText) {
        const auto& [is_pair, index] = text_plans_[step.aux];
        if (is_pair) {
          ranked_pairs_[index].run(begin, count, out);
        } else {
          level_tables_[index].run(begin, count, out);
        }
      } else if (step.op == Op::kIn) {
        const Block a = fetch(step.a);
        const std::vector<double>& list = program_.number_lists[step.aux];
        for (std::size_t i = 0; i < count; ++i) out[i] = is_in(list, a.at(i));
      } else {
        const Block a = fetch(step.a);
        const Block b = fetch(step.b);
        with_op(step.op, [&](auto op) { apply<op()>(a, b, count, out); });
      }
    }
    return fetch(program_.result);
  }

 private:
  struct LoadedColumn {
    const double* values = nullptr;
    std::vector<double> converted;
  };

  template <Op op>
  static void apply(const Block& a, const Block& b, std::size_t count, double* out) {
    if (!is_binary(op) || b.is_constant) {
      const double right = is_binary(op) ? *b.values : 0.0;
      if (a.is_constant) {
        std::fill_n(out, count, compute<op>(*a.values, right));
      } else {
        for (std::size_t i = 0; i < count; ++i) out[i] = compute<op>(a.values[i], right);
      }
    } else if (a.is_constant) {
      const double left = *a.values;
      for (std::size_t i = 0; i < count; ++i) out[i] = compute<op>(left, b.values[i]);
    } else {
      for (std::size_t i = 0; i < count; ++i) out[i] = compute<op>(a.values[i], b.values[i]);
    }
  }

  void prepare_texts() {
    for (const TextTest& test : program_.text_tests) {
      if (test.a.is_column && test.b.is_column) {
        text_plans_.emplace_back(true, ranked_pairs_.size());
        ranked_pairs_.push_back(make_ranked_pair(test, column_of(program_, rows_, test.a.column).texts(),
                                                 column_of(program_, rows_, test.b.column).texts()));
      } else {
        const TextOperand& operand = test.a.is_column ? test.a : test.b;
        text_plans_.emplace_back(false, level_tables_.size());
        level_tables_.push_back(make_level_table(test, operand, test.a.is_column,
                                                 column_of(program_, rows_, operand.column).texts()));
      }
    }
  }

  void load_columns(std::size_t begin, std::size_t count) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const table::Column& column = rows_.column(program_.columns[i]);
      LoadedColumn& loaded = columns_[i];
      switch (column.kind()) {
        case contract::ColumnKind::kReal:
          loaded.values = column.reals().values.data() + begin;
          break;
        case contract::ColumnKind::kInteger:
          load(column.integers(), begin, count, loaded);
          break;
        case contract::ColumnKind::kBoolean: {
          const std::int8_t* values = column.booleans().values.data() + begin;
          for (std::size_t row = 0; row < count; ++row) {
            loaded.converted[row] = values[row] < 0 ? kMissing : static_cast<double>(values[row]);
          }
          loaded.values = loaded.converted.data();
          break;
        }
        case contract::ColumnKind::kText:
          break;
      }
    }
  }

  static void load(const table::IntegerCells& cells, std::size_t begin, std::size_t count,
                   LoadedColumn& loaded) {
    const std::int64_t* values = cells.values.data() + begin;
    for (std::size_t row = 0; row < count; ++row) loaded.converted[row] = static_cast<double>(values[row]);
    if (!cells.missing.empty()) {
      const std::uint8_t* missing = cells.missing.data() + begin;
      for (std::size_t row = 0; row < count; ++row) {
        if (missing[row] != 0) loaded.converted[row] = kMissing;
      }
    }
    loaded.values = loaded.converted.data();
  }

  Block fetch(const Operand& operand) const {
    switch (operand.kind) {
      case Operand::Kind::kRegister:
        return {&registers_[operand.index * kBlock], false};
      case Operand::Kind::kColumn:
        return {columns_[operand.index].values, false};
      case Operand::Kind::kConstant:
        break;
    }
    return {&operand.constant, true};
  }

  const Expression::Program& program_;
  const table::Table& rows_;
  std::vector<double> registers_;
  std::vector<LoadedColumn> columns_;
  std::vector<LevelTable> level_tables_;
  std::vector<RankedPair> ranked_pairs_;
  std::vector<std::pair<bool, std::size_t>> text_plans_;  // per text test: two columns?, its index
};

table::Cells evaluate_text(const Expression::Program& program, const table::Table& rows) {
  const TextOperand& result = program.text_result;
  if (!result.is_column) {
    return table::TextCells{std::vector<std::int32_t>(rows.row_count(), 0), {result.constant}};
  }
  const table::TextCells& cells = column_of(program, rows, result.column).texts();
  if (result.functions.empty()) return cells;
  std::vector<std::string> transformed = transformed_levels(result, cells.levels);
  std::unordered_map<std::string, std::int32_t> known;  // only looked up: its order decides nothing
  std::vector<std::int32_t> new_codes;
  table::TextCells made;
  for (std::string& level : transformed) {
    const auto [place, is_new] = known.emplace(level, static_cast<std::int32_t>(made.levels.size()));
    if (is_new) made.levels.push_back(std::move(level));
    new_codes.push_back(place->second);
  }
  made.codes.reserve(cells.codes.size());
  for (const std::int32_t code : cells.codes) {
    made.codes.push_back(code < 0 ? -1 : new_codes[static_cast<std::size_t>(code)]);
  }
  return made;
}

}  // namespace

base::Result<table::Cells> evaluate_table(const Expression::Program& program, const table::Table& rows) {
  if (program.type == Type::kText) return evaluate_text(program, rows);
  BlockRunner runner(program, rows);
  const std::size_t row_count = rows.row_count();
  table::RealCells reals;
  table::BooleanCells booleans;
  if (program.type == Type::kNumber) {
    reals.values.resize(row_count);
  } else {
    booleans.values.resize(row_count);
  }
  for (std::size_t begin = 0; begin < row_count; begin += kBlock) {
    const std::size_t count = std::min(kBlock, row_count - begin);
    const BlockRunner::Block block = runner.run(begin, count);
    for (std::size_t i = 0; i < count; ++i) {
      const double value = block.at(i);
      if (program.type == Type::kNumber) {
        reals.values[begin + i] = std::isfinite(value) ? value : kMissing;
      } else {
        booleans.values[begin + i] =
            std::isnan(value) ? std::int8_t{-1} : static_cast<std::int8_t>(value != 0.0);
      }
    }
  }
  if (program.type == Type::kNumber) return table::Cells(std::move(reals));
  return table::Cells(std::move(booleans));
}

}  // namespace archmlp::expression
