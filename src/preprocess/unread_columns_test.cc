#include "archmlp/preprocess/unread_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace archmlp::preprocess {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> unread(const std::string& yaml) {
  const auto recipe = contract::parse_recipe("label: y\n" + yaml, "r.yaml");
  EXPECT_TRUE(recipe.ok()) << (recipe.ok() ? "" : base::to_string(recipe.error()));
  return recipe.ok() ? unread_columns(*recipe) : std::vector<std::string>();
}

TEST(UnreadColumns, AreThoseRemovedBeforeAnythingLooksAtThem) {
  EXPECT_THAT(
      unread("preprocess: [{filter: a > 1}, {remove: [a, b, 'c d']}, {one_hot: [e]}, {remove: [e, f]}]"),
      ElementsAre("b", "c d", "f"));
  EXPECT_THAT(unread("preprocess: [{add_features: {z: '`c d` + df.b'}}, {remove: [b, 'c d', z, a]}]"),
              ElementsAre("a"));
  EXPECT_THAT(unread("preprocess: [{replace: {columns: [a], where: b > 1, with: 0}}, {remove: [a, b, c]}]"),
              ElementsAre("c"));
  EXPECT_THAT(unread("preprocess: [{rename: {a: b}}, {remove: [a, b, c]}]"), ElementsAre("c"));
}

TEST(UnreadColumns, AreReadWhereTheSplitOrAStepOverAllColumnsMayWantThem) {
  EXPECT_THAT(unread("preprocess: [{remove: [t, a]}]\nsplit: {time_column: t}"), ElementsAre("a"));
  EXPECT_THAT(unread("preprocess: [{remove: [g, a]}]\nsplit: {group_column: g}"), ElementsAre("a"));
  EXPECT_THAT(unread("preprocess: [{impute: {columns: [a], group_by: g}}, {remove: [g, b]}]"),
              ElementsAre("b"));
  EXPECT_THAT(unread("preprocess: [{cast: {columns: a, type: date}}, {date_parts: b}, {replace: {columns: c, "
                     "regex: x, with: y}}, {replace: {columns: d, map: {1: 2}}}, {remove: [a, b, c, d, e]}]"),
              ElementsAre("e"));
  EXPECT_THAT(
      unread("preprocess: [{join: {file: f.csv, left_on: a, right_on: b, columns: c}}, {remove: [a, b, c]}]"),
      ElementsAre("b"));
  EXPECT_THAT(unread("preprocess: [{join: {file: f.csv, on: a}}, {remove: b}]"), IsEmpty());
  EXPECT_THAT(unread("preprocess: [{sample: {frac: 0.5}}, {remove: [a]}]"), IsEmpty());
  EXPECT_THAT(unread("preprocess: [{impute: median}, {remove: [a]}]"), IsEmpty());
  EXPECT_THAT(unread("preprocess: [{remove: [a]}, {one_hot: }, {remove: [b]}]"), ElementsAre("a"));
}

}  // namespace
}  // namespace archmlp::preprocess
