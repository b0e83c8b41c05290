#pragma once

// A small model for tests: every kind of step, and a forest whose answers depend on every feature.

#include <memory>
#include <string>

#include "archmlp/bundle/bundle.h"

namespace archmlp::test_support {

struct ExampleParts {
  std::unique_ptr<const model::Model> model;  // `parts` points to it
  bundle::BundleParts parts;
};

/// Raw: amount (real, nullable), count (integer), kind (text), flag (boolean), name (text, removed), y (the
/// label, classes "no" and "yes"). Filter: count >= 0. Features: total, count, flag, kind_a, kind_b.
ExampleParts example_parts();

/// A regression from prepared CSVs alone: features a and b (real, nullable), label price.
ExampleParts example_regression_parts();

/// Categories as they are. Raw: size (real, nullable), city (text, nullable), floor (integer), y (the label).
/// Features: size, floor, town (renamed from city). The model knows 40 towns, "t00" to "t39", and the floors
/// -1, 1 and 2.
ExampleParts example_categorical_parts();

/// Precondition: the parts are valid.
std::shared_ptr<const bundle::Bundle> load_example(const ExampleParts& example);

}  // namespace archmlp::test_support
