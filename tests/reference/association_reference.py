#!/usr/bin/python3
"""Writes src/profile/reference_cases.h: what pandas and scipy say of small columns.

    tests/reference/association_reference.py > src/profile/reference_cases.h && clang-format-14 -i src/profile/reference_cases.h
"""

import math

import numpy as np
import pandas as pd
import scipy
from scipy.stats import chi2_contingency

PROBABILITIES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
NAN = math.nan


def number(value):
    return "std::nullopt" if value is None or value != value else repr(float(value))


def cell(value):
    return "kGap" if value != value else repr(float(value))


def braces(values, form=str):
    return "{" + ", ".join(form(value) for value in values) + "}"


def summary(name, values):
    series = pd.Series(values, dtype=float)
    print(f'    {{"{name}", {braces(values, cell)}, {number(series.mean())}, {number(series.std())},'
          f' {number(series.skew())}, {braces(series.quantile(list(PROBABILITIES)), number)}}},')


def both(a, b):
    """The rows where both have a value."""
    frame = pd.DataFrame({"a": a, "b": b}).dropna()
    return frame.a, frame.b


def cramers_v(a, b):
    a, b = both(a, b)
    table = pd.crosstab(a, b).to_numpy()
    rows, columns = table.shape
    total = table.sum()
    if min(rows, columns) < 2:
        return None
    chi2 = chi2_contingency(table, correction=False)[0]
    phi2 = max(0, chi2 / total - (rows - 1) * (columns - 1) / (total - 1))
    least = min(rows - (rows - 1) ** 2 / (total - 1), columns - (columns - 1) ** 2 / (total - 1)) - 1
    return math.sqrt(phi2 / least) if least > 0 else None


def correlation_ratio(categories, values):
    categories, values = both(categories, values)
    if categories.nunique() < 2 or values.nunique() < 2:
        return None
    means = values.groupby(categories).transform("mean")
    return math.sqrt(((means - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum())


def codes(values):
    return braces(-1 if value != value else int(value) for value in values)


def pair(name, a, b):
    with np.errstate(invalid="ignore", divide="ignore"):
        print(f'    {{"{name}", {braces(a, cell)}, {braces(b, cell)}, {number(pd.Series(a, dtype=float).corr(pd.Series(b, dtype=float)))}}},')


def categories(name, a, b):
    print(f'    {{"{name}", {codes(a)}, {codes(b)}, {number(cramers_v(a, b))}}},')


def mixed(name, a, values):
    print(f'    {{"{name}", {codes(a)}, {braces(values, cell)}, {number(correlation_ratio(a, values))}}},')


def main():
    rng = np.random.RandomState(7)
    print(f"""#pragma once

// Written by tests/reference/association_reference.py with pandas {pd.__version__} and scipy {scipy.__version__}; do not edit.

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace archmlp::profile::reference {{

inline constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

struct SummaryCase {{
  const char* name;
  std::vector<double> values;
  double mean;
  std::optional<double> std, skewness;
  std::vector<double> quantiles;  // {braces(PROBABILITIES)}
}};

inline const std::vector<SummaryCase> kSummaryCases{{""")
    summary("one value", [3.5])
    summary("two values", [1, 2])
    summary("constant", [4.0] * 5)
    summary("few whole numbers", [5, 3, 8, 5, -7, 3, 0])
    summary("normal", list(rng.normal(10, 3, 60).round(3)))
    summary("long tail", list(np.exp(rng.normal(0, 2, 60)).round(3)))
    summary("large and close", [1e9 + value for value in rng.uniform(0, 1, 40).round(4)])
    summary("signs and sizes", [-1e12, 1e-9, 3, -2.5, 1e12, 0, 7e5])
    print("""};

struct PearsonCase {
  const char* name;
  std::vector<double> x, y;
  std::optional<double> value;
};

inline const std::vector<PearsonCase> kPearsonCases{""")
    x = rng.normal(0, 1, 40).round(3)
    y = (0.6 * x + rng.normal(0, 1, 40)).round(3)
    gaps_x, gaps_y = x.copy(), y.copy()
    gaps_x[::7] = NAN
    gaps_y[::5] = NAN
    pair("linear", [1, 2, 3, 4], [2, 4, 6, 8])
    pair("opposite", [1, 2, 3, 4], [3, 2, 1, 0])
    pair("noisy", x, y)
    pair("gaps in both", gaps_x, gaps_y)
    pair("far from zero", 1e6 + x, y - 1e6)
    pair("constant", [1, 1, 1], [1, 2, 3])
    pair("one common row", [1, NAN, 3], [NAN, 2, 4])
    print("""};

struct CramersVCase {
  const char* name;
  std::vector<std::int32_t> a, b;
  std::optional<double> value;
};

inline const std::vector<CramersVCase> kCramersVCases{""")
    a = rng.randint(0, 3, 60)
    b = np.where(rng.uniform(size=60) < 0.6, a, rng.randint(0, 4, 60))
    categories("equal", [0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 2])
    categories("two by two", [0, 0, 0, 1, 1, 1, 1, 0], [0, 0, 1, 1, 1, 1, 0, 0])
    categories("associated", a, b)
    categories("unrelated", rng.randint(0, 5, 60), rng.randint(0, 5, 60))
    categories("gaps in both", np.where(np.arange(60) % 7 == 0, NAN, a), np.where(np.arange(60) % 5 == 0, NAN, b))
    categories("constant", [0, 0, 0], [0, 1, 2])
    print("""};

struct CorrelationRatioCase {
  const char* name;
  std::vector<std::int32_t> categories;
  std::vector<double> values;
  std::optional<double> value;
};

inline const std::vector<CorrelationRatioCase> kCorrelationRatioCases{""")
    mixed("explained wholly", [0, 0, 1, 1], [1, 1, 5, 5])
    mixed("explained partly", a, (a + rng.normal(0, 1, 60)).round(3))
    mixed("unrelated", a, rng.normal(0, 1, 60).round(3))
    mixed("gaps in both", np.where(np.arange(60) % 7 == 0, NAN, a),
          np.where(np.arange(60) % 5 == 0, NAN, (a * 2 + rng.normal(0, 1, 60)).round(3)))
    mixed("constant", [0, 0, 0], [1, 2, 3])
    mixed("constant values", [0, 1, 0], [2, 2, 2])
    print("""};

}  // namespace archmlp::profile::reference""")


main()
