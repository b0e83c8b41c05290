#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::apps {

/// The options of one command: what the commands need of the command line library, so that only options.cc
/// pays for compiling it. Names are as typed: "--threads,--n-jobs". Targets must outlive the parse.
class Options {
 public:
  class Impl;
  explicit Options(Impl& impl) : impl_(impl) {}

  void positional(const std::string& name, std::string& target, const std::string& help);
  void positional(const std::string& name, std::filesystem::path& target, const std::string& help);
  /// May be left out.
  void optional_positional(const std::string& name, std::filesystem::path& target, const std::string& help);
  /// One or more.
  void positional(const std::string& name, std::vector<std::filesystem::path>& target,
                  const std::string& help);
  void value(const std::string& names, std::string& target, const std::string& help);
  void value(const std::string& names, std::filesystem::path& target, const std::string& help);
  void value(const std::string& names, std::optional<std::string>& target, const std::string& help);
  void value(const std::string& names, std::optional<std::filesystem::path>& target, const std::string& help);
  /// May be given several times.
  void values(const std::string& names, std::vector<std::filesystem::path>& target, const std::string& help);
  /// Integers of the target's type that are at least `least`.
  void count(const std::string& names, int& target, int least, const std::string& help);
  void count(const std::string& names, std::uint16_t& target, const std::string& help);
  void count(const std::string& names, std::uint64_t& target, const std::string& help);
  /// One of `words`.
  void choice(const std::string& names, std::optional<std::string>& target,
              const std::vector<std::string>& words, const std::string& help);
  void flag(const std::string& names, bool& target, const std::string& help);

  /// Called once an occurrence, in the order of the command line among all such options.
  using Consumer = std::function<base::Status(const std::string& value)>;
  void each(const std::string& names, const std::string& value_name, const std::string& help,
            Consumer consumer);
  /// The same where the value may be left out (`--oob-score` for `--oob-score true`).
  void each_with_default(const std::string& names, const std::string& value_name, const std::string& help,
                         const std::string& value_if_left_out, Consumer consumer);
  /// Options that follow stand under this heading in --help.
  void group(const std::string& heading);
  /// Shown at the end of --help. Lines start with `archmlp COMMAND`, for which a program of one command shows
  /// its own name.
  void examples(const std::string& text);

 private:
  Impl& impl_;
};

/// What a command does once its options are parsed.
using Action = std::function<base::Status()>;

struct Command {
  std::string name;
  std::string help;
  /// Declares the options and gives the action that reads them.
  std::function<Action(Options&)> define;
};

/// Parses the command line, runs the command, prints its error. Gives the exit code:
/// 0 done (a server: stopped), 2 wrong usage (a consumer's error, or one whose `where` is an option), 3
/// invalid input, 4 contract broken, 5 file not found or not readable or writable, 130 stopped before it was
/// done.
int run_program(const std::string& name, const std::string& description, const std::vector<Command>& commands,
                int argc, char** argv);
/// The same for a program that is one command.
int run_single_command(const std::string& name, const Command& command, int argc, char** argv);

}  // namespace archmlp::apps
