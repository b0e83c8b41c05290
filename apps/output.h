#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
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
/// A line for people on standard error; {"note": …} with --json-progress, else nothing with --json.
void print_note(std::string_view text);
/// What happened in a program that runs for long, with the time: a line on standard error, JSON with --json.
/// Thread-safe.
void print_event(bool is_error, std::string_view text);
/// To standard error: {"note": …} in a line, for programs.
void print_json_note(const nlohmann::ordered_json& note);

/// Commands set it from --json, so that the error of a program's call is JSON too.
bool& json_output_wanted() noexcept;

/// Commands set it from --json-progress: all of standard error is JSON then, an object a line.
bool& json_progress_wanted() noexcept;
/// Errors are JSON, with either.
bool json_errors_wanted() noexcept;

/// To standard error: lines of JSON with --json-progress; else a line that redraws itself, if that is a
/// terminal; else nothing.
base::Progress& progress_output();
/// The work is over: the terminal is as it was before the line.
void end_progress();

}  // namespace archmlp::apps
