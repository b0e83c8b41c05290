#pragma once

#include <cstddef>
#include <string_view>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"

namespace archmlp::apps {

/// All of `text` to standard output. Errors: kIo (disk full, pipe closed).
base::Status write_stdout(std::string_view text);

/// Columns of the terminal that standard output is; 100 if it is none.
std::size_t output_width() noexcept;

/// To standard error: `error: …` in a line, or {"error": {…}} for programs.
void print_error(const base::Error& error, bool as_json);
/// A line for people on standard error; nothing with --json.
void print_note(std::string_view text);

/// Commands set it from --json, so that the error of a program's call is JSON too.
bool& json_output_wanted() noexcept;

/// A line that redraws itself on standard error, if that is a terminal; nothing otherwise.
base::Progress& terminal_progress();

}  // namespace archmlp::apps
