#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "archmlp/base/result.h"
#include "http_client.h"

// What a prediction server answers, for people.

namespace archmlp::apps {

struct QueryAnswer {
  /// A line a record: the prediction and, behind tabs, what the model says of it. A refused record has its
  /// error in its place.
  std::string text;
  std::size_t row_count = 0;
  std::size_t refused_count = 0;
  std::map<std::string, std::size_t> unknown_categories;  // rows, by column
};

/// `is_lines`: JSON lines were sent. Errors: kInvalidInput for what POST /predict does not answer.
base::Result<QueryAnswer> read_query_answer(const std::string& body, bool is_lines);

/// Any JSON, or lines of it?
bool is_json_answer(const std::string& body, bool is_lines);

/// Of an answer that is not 2xx, in the server's own words where it has some. `record` and `url` are where
/// the error may lie.
base::Error query_refusal(const HttpAnswer& answer, const std::string& record, const std::string& url);

}  // namespace archmlp::apps
