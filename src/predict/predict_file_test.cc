#include "archmlp/predict/predict_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "archmlp/test_support/example_parts.h"

namespace archmlp::predict {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHeader = "prediction,probability_no,probability_yes\n";

class PredictFileTest : public testing::Test {
 protected:
  Predictor predictor_{test_support::load_example(test_support::example_parts())};
  std::string out_;
  PredictFileReport report_;

  /// The output, or the error's text.
  std::string run(const Predictor& predictor, const std::string& text, PredictFileOptions options) {
    const std::string path = testing::TempDir() + "/" + std::to_string(::getpid()) + "_predict_file_test.in";
    std::ofstream(path, std::ios::binary) << text;
    options.input = path;
    out_.clear();
    const auto sink = [this](std::string_view bytes) {
      out_ += bytes;
      return base::Status();
    };
    const auto report = predict_file(predictor, options, sink);
    if (!report.ok()) return "error: " + base::to_string(report.error());
    report_ = *report;
    return out_;
  }
  std::string run(const std::string& text, PredictFileOptions options = {}) {
    return run(predictor_, text, std::move(options));
  }
};

PredictFileOptions json_out() { return {.output_format = FileFormat::kJsonLines}; }

TEST_F(PredictFileTest, CsvJsonLinesAndDocumentsGiveTheSame) {
  const std::string from_csv = run("kind,amount,count,flag\na,1.5,3,true\n,,9007199254740993,\n");
  EXPECT_THAT(from_csv, StartsWith(std::string(kHeader)));
  EXPECT_EQ(std::count(from_csv.begin(), from_csv.end(), '\n'), 3);
  const std::string first = R"({"amount": 1.5, "count": 3, "kind": "a", "flag": true})";
  const std::string second = R"({"flag": null, "count": 9007199254740993, "kind": null, "amount": null})";
  EXPECT_EQ(run(first + "\n\n" + second + "\n"), from_csv);
  EXPECT_EQ(run(" [" + first + ",\n" + second + "]"), from_csv);
  EXPECT_EQ(report_.row_count, 2U);
  const std::string spread = "{\"amount\": 1.5,\n \"count\": 3,\n \"kind\": \"a\", \"flag\": true}\n";
  EXPECT_EQ(run(spread), from_csv.substr(0, from_csv.find('\n', kHeader.size()) + 1));
}

TEST_F(PredictFileTest, WritesJsonLinesAsTheServerAnswers) {
  const std::string lines = run("kind,amount,count,flag\na,1.5,3,true\n", json_out());
  EXPECT_THAT(
      lines,
      testing::MatchesRegex(
          "\\{\"prediction\": \"[a-z]+\", \"probabilities\": \\{\"no\": [0-9.]+, \"yes\": [0-9.]+\\}\\}\n"));
}

TEST_F(PredictFileTest, IgnoredColumnsMayHoldAnything) {
  const std::string expected = run("kind,amount,count,flag\na,1.5,3,true\n");
  EXPECT_EQ(run("kind,amount,count,flag,name,y\na,1.5,3,true,\"any, thing\",42\n"), expected);
  EXPECT_EQ(run(R"({"amount": 1.5, "count": 3, "kind": "a", "flag": true, "name": 7, "y": [1]})"), expected);
}

TEST_F(PredictFileTest, UnknownAndMissingColumnsAreErrors) {
  EXPECT_THAT(run("kind,amount,count,flag,nmae\na,1.5,3,true,x\n"), HasSubstr("nmae"));
  EXPECT_THAT(run("kind,amount,count\na,1.5,3\n"), HasSubstr("flag"));
}

TEST_F(PredictFileTest, ErrorsNameTheLine) {
  const std::string good = R"({"amount": 1.5, "count": 3, "kind": "a", "flag": true})"
                           "\n";
  EXPECT_THAT(run(good + "\n" +
                  R"({"amount": 1.5, "count": "x", "kind": "a", "flag": true})"
                  "\n"),
              HasSubstr("predict_file_test.in:3: count"));
  EXPECT_THAT(run(good + "{\"amount\": \n"), HasSubstr("predict_file_test.in:2: "));
  EXPECT_THAT(run(good + "[" + good.substr(0, good.size() - 1) + "]\n"),
              HasSubstr("predict_file_test.in:2: expected one JSON object a line"));
  EXPECT_THAT(run("[" + good + ", {\"amount\": 1}]"), HasSubstr("predict_file_test.in: [1]"));
  EXPECT_THAT(run("kind,amount,count,flag\na,1.5,3,true\na,x,3,true\n"), HasSubstr("predict_file_test.in:3"));
}

TEST_F(PredictFileTest, RowsOutsideThePopulation) {
  const std::string csv = "kind,amount,count,flag\na,1.5,3,true\na,1.5,-3,true\n";
  const std::string lines = R"({"amount": 1.5, "count": 3, "kind": "a", "flag": true})"
                            "\n"
                            R"({"amount": 1.5, "count": -3, "kind": "a", "flag": true})"
                            "\n";
  EXPECT_THAT(run(csv), HasSubstr("row 2: the recipe's filter drops this record"));
  EXPECT_THAT(run(lines), HasSubstr("predict_file_test.in:2: the recipe's filter drops this record"));
  const PredictFileOptions empty = {.outside = OutsidePolicy::kEmpty};
  const std::string from_csv = run(csv, empty);
  EXPECT_THAT(from_csv, testing::EndsWith("\n,,\n"));
  EXPECT_EQ(report_.outside_count, 1U);
  EXPECT_EQ(run(lines, empty), from_csv);
  EXPECT_EQ(report_.outside_count, 1U);
  PredictFileOptions json = json_out();
  json.outside = OutsidePolicy::kEmpty;
  EXPECT_THAT(run(csv, json), testing::EndsWith("\n{\"prediction\": null}\n"));
}

TEST_F(PredictFileTest, CountsUnknownCategories) {
  run("kind,amount,count,flag\nzebra,1.5,3,true\na,1.5,3,true\n");
  EXPECT_EQ(report_.unknown_categories["kind"], 1U);
  run(R"({"amount": 1.5, "count": 3, "kind": "zebra", "flag": true})");
  EXPECT_EQ(report_.unknown_categories["kind"], 1U);
}

TEST_F(PredictFileTest, ManyRowsKeepTheirOrderOnAnyThreads) {
  std::string csv = "kind,amount,count,flag\n";
  std::string lines;
  for (int row = 0; row < 20000; ++row) {
    const std::string amount = std::to_string(row % 17);
    csv += "b," + amount + "," + std::to_string(row) + ",false\n";
    lines += "{\"kind\": \"b\", \"amount\": " + amount + ", \"count\": " + std::to_string(row) +
             ", \"flag\": false}\n";
  }
  PredictFileOptions one;
  one.thread_count = 1;
  PredictFileOptions four;
  four.thread_count = 4;
  const std::string expected = run(csv, one);
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 20001);
  EXPECT_EQ(run(csv, four), expected);
  EXPECT_EQ(run(lines, one), expected);
  EXPECT_EQ(run(lines, four), expected);
  EXPECT_EQ(report_.row_count, 20000U);
}

TEST_F(PredictFileTest, ARegressionPredictsReals) {
  const Predictor regression(test_support::load_example(test_support::example_regression_parts()));
  const PredictFileOptions prepared = {.form = RecordForm::kPrepared};
  EXPECT_EQ(run(regression, "b,a\n1,2\n0,1\n", prepared), "prediction\n500000050.0\n0.1\n");
  EXPECT_THAT(run(regression, "b,a\n1,2\n", {}), HasSubstr("it knows no raw records"));
}

TEST_F(PredictFileTest, AnEmptyFileAndAHeaderAlone) {
  EXPECT_EQ(run("kind,amount,count,flag\n"), kHeader);
  EXPECT_EQ(run("[]"), kHeader);
  EXPECT_THAT(run(""), StartsWith("error: "));
}

}  // namespace
}  // namespace archmlp::predict
