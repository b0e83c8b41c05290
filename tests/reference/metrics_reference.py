#!/usr/bin/python3
"""Writes src/metrics/reference_cases.h: what scikit-learn says of a table of cases.

    tests/reference/metrics_reference.py > src/metrics/reference_cases.h && clang-format-14 -i src/metrics/reference_cases.h

A metric that scikit-learn calls undefined (NaN, an error, or a warning and a stand-in number) is std::nullopt.
"""

import warnings

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning


def number(value):
    if value is None or value != value:
        return "std::nullopt"
    return repr(float(value))


def defined(function, *arguments, **named):
    """The value, or None where scikit-learn refuses, warns that it is undefined, or returns NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        warnings.filterwarnings("error", message="invalid value encountered")
        try:
            return function(*arguments, **named)
        except (UndefinedMetricWarning, RuntimeWarning, ValueError):
            return None


def braces(values, form=str):
    return "{" + ", ".join(form(v) for v in values) + "}"


def per_class(actual, predicted, classes):
    for label in range(classes):
        yield "{%s, %s, %s, %d}" % (
            number(defined(metrics.precision_score, actual, predicted, labels=[label], average="macro")),
            number(defined(metrics.recall_score, actual, predicted, labels=[label], average="macro")),
            # 2 tp / (2 tp + fp + fn): scikit-learn 1.2 still warns when precision or recall is undefined, later ones
            # only when both are.
            number(metrics.f1_score(actual, predicted, labels=[label], average="macro", zero_division=0)
                   if np.any(np.equal(actual, label)) or np.any(np.equal(predicted, label)) else None),
            np.sum(np.equal(actual, label)))


def classification(name, actual, predicted, classes):
    labels = list(range(classes))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        warnings.filterwarnings("ignore", message="invalid value encountered")
        balanced = metrics.balanced_accuracy_score(actual, predicted)
    # scikit-learn gives 0 where the correlation is 0 / 0.
    constant = len(set(actual)) == 1 or len(set(predicted)) == 1
    kappas = []
    for weights in (None, "linear", "quadratic"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kappas.append(metrics.cohen_kappa_score(actual, predicted, labels=labels, weights=weights))
    print("{%s, %d, %s, %s, %s, %s, %s, %s, %s, %s, %s}," % (
        '"' + name + '"', classes, braces(actual), braces(predicted), *map(number, kappas),
        number(metrics.accuracy_score(actual, predicted)), number(balanced),
        number(None if constant else metrics.matthews_corrcoef(actual, predicted)),
        braces(per_class(actual, predicted, classes))))


def ranking(name, positive, scores):
    average_precision = metrics.average_precision_score(positive, scores) if any(positive) else None
    print("{%s, %s, %s, %s, %s}," % (
        '"' + name + '"', braces(positive), braces(scores, number),
        number(defined(metrics.roc_auc_score, positive, scores)), number(average_precision)))


def probability(name, actual, rows, classes):
    loss = metrics.log_loss(actual, np.array(rows, dtype=np.float64), labels=list(range(classes)))
    print("{%s, %d, %s, %s, %s}," % (
        '"' + name + '"', classes, braces(actual), braces(np.ravel(rows), number), number(loss)))


def regression(name, actual, predicted):
    r2 = None if min(actual) == max(actual) else defined(metrics.r2_score, actual, predicted)
    print("{%s, %s, %s, %s, %s, %s}," % (
        '"' + name + '"', braces(actual, number), braces(predicted, number),
        number(metrics.mean_squared_error(actual, predicted, squared=False)),
        number(metrics.mean_absolute_error(actual, predicted)), number(r2)))


rng = np.random.default_rng(7)

print(f"""#pragma once

// Written by tests/reference/metrics_reference.py with scikit-learn {sklearn.__version__}; do not edit.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "archmlp/metrics/classification.h"

namespace archmlp::metrics::reference {{

struct ClassificationCase {{
  const char* name;
  std::size_t class_count;
  std::vector<std::uint32_t> actual, predicted;
  std::optional<double> kappa, linear_kappa, quadratic_kappa, accuracy, balanced_accuracy, matthews_corrcoef;
  std::vector<ClassScores> scores;
}};

inline const std::vector<ClassificationCase> kClassificationCases{{""")
classification("binary", [0, 0, 0, 0, 1, 1, 1, 0, 1, 0], [0, 0, 1, 0, 1, 0, 1, 0, 1, 0], 2)
classification("perfect", [0, 1, 2, 2, 1], [0, 1, 2, 2, 1], 3)
classification("all wrong", [0, 1, 0, 1], [1, 0, 1, 0], 2)
classification("one class, right", [1, 1, 1], [1, 1, 1], 2)
classification("one class, not always predicted", [1, 1, 1, 1], [1, 0, 1, 1], 2)
classification("two classes, one predicted", [0, 1, 0, 0], [0, 0, 0, 0], 2)
classification("a class never predicted", [0, 1, 2, 2, 1, 0], [0, 1, 1, 0, 1, 0], 3)
classification("a class that never occurs", [0, 1, 0, 1], [0, 2, 0, 1], 3)
classification("a class neither predicted nor there", [0, 1, 0, 1], [0, 1, 1, 1], 4)
classification("one row", [1], [0], 2)
rare = (rng.random(400) < 0.03).astype(int)
classification("rare", rare.tolist(), np.where(rng.random(400) < 0.02, 1 - rare, rare).tolist(), 2)
five = rng.integers(0, 5, 300)
classification("ordinal", five.tolist(), np.clip(five + rng.integers(-1, 2, 300), 0, 4).tolist(), 5)
classification("chance", rng.integers(0, 4, 200).tolist(), rng.integers(0, 4, 200).tolist(), 4)

print("""};

struct RankingCase {
  const char* name;
  std::vector<std::uint8_t> is_positive;
  std::vector<double> scores;
  std::optional<double> roc_auc, average_precision;
};

inline const std::vector<RankingCase> kRankingCases{""")
ranking("plain", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
ranking("reversed", [1, 1, 0, 0], [0.1, 0.2, 0.35, 0.8])
ranking("all tied", [0, 1, 0, 1, 1], [0.5] * 5)
ranking("one class: negative", [0, 0, 0], [0.1, 0.5, 0.2])
ranking("one class: positive", [1, 1, 1], [0.1, 0.5, 0.2])
ranking("signed zeros tie", [1, 0, 0], [0.0, -0.0, -1.0])
ranking("outside [0, 1]", [1, 0, 1, 0], [1e300, -1e300, 5e-324, 0.0])
ties = (rng.random(500) < 0.2).astype(int)
ranking("many ties", ties.tolist(), np.round(rng.random(500) * 0.7 + ties * 0.3, 1).tolist())
few = (rng.random(300) < 0.02).astype(int)
ranking("few positives", few.tolist(), (rng.random(300) + few * 0.5).round(6).tolist())

print("""};

struct ProbabilityCase {
  const char* name;
  std::size_t class_count;
  std::vector<std::uint32_t> actual;
  std::vector<double> probabilities;  // [n, class_count]
  std::optional<double> log_loss;
};

inline const std::vector<ProbabilityCase> kProbabilityCases{""")
probability("binary", [0, 1, 1, 0], [[.9, .1], [.2, .8], [.65, .35], [.5, .5]], 2)
probability("certain and right", [0, 1], [[1, 0], [0, 1]], 2)
probability("certain and wrong", [0, 1, 1], [[0, 1], [0, 1], [1, 0]], 2)
probability("one class", [1, 1], [[.1, .9], [.6, .4]], 2)
probability("sums are not 1", [0, 1, 2], [[.5, .4, .3], [.1, .1, .1], [0, 0, .2]], 3)
probability("tiny", [0, 1], [[1e-300, 1], [1e-16, 1 - 1e-16]], 2)
raw = rng.random((200, 6)) ** 4
probability("six classes", rng.integers(0, 6, 200).tolist(), (raw / raw.sum(axis=1, keepdims=True)).round(5), 6)

print("""};

struct RegressionCase {
  const char* name;
  std::vector<double> actual, predicted;
  std::optional<double> root_mean_squared_error, mean_absolute_error, r2;
};

inline const std::vector<RegressionCase> kRegressionCases{""")
regression("plain", [3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
regression("perfect", [1, 2, 3.5], [1, 2, 3.5])
regression("worse than the mean", [1, 2, 3], [3, 2, 1])
regression("constant label", [0.1] * 6, [0.1, 0.2, 0.3, 0.1, 0.1, 0.1])
regression("one row", [4], [5])
regression("far from zero", [1e9 + 1, 1e9 + 2, 1e9 + 4], [1e9 + 1.5, 1e9 + 2, 1e9 + 3])
x = rng.normal(0, 100, 300)
regression("noisy", x.round(4).tolist(), (x + rng.normal(0, 30, 300)).round(4).tolist())
print("""};

}  // namespace archmlp::metrics::reference""")
