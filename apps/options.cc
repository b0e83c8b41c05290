#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/base/version.h"
#include "output.h"
#include "signals.h"

namespace archmlp::apps {

namespace {

template <typename T>
base::Result<T> integer_from(const std::string& text, T least) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc() && rest == end && value >= least) return value;
  constexpr T kMost = std::numeric_limits<T>::max();
  const std::string range = sizeof(T) > 2
                                ? "an integer of at least " + std::to_string(least)
                                : "an integer from " + std::to_string(least) + " to " + std::to_string(kMost);
  const bool too_large = problem == std::errc::result_out_of_range && sizeof(T) > 2 && !text.starts_with('-');
  return base::Error{.message = "expected " + range + ", found " + base::quoted(text),
                     .hint = too_large ? "the largest is " + std::to_string(kMost) : ""};
}

/// Whether `text` names an option of `app`, as in `--filter --one-hot all`, where the value was forgotten.
bool is_option_name(const CLI::App& app, const std::string& text) {
  if (!text.starts_with("--") || text.size() < 3) return false;
  const std::string name = text.substr(2, text.find('=') - 2);
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(),
                     [&](const CLI::Option* option) { return option->check_lname(name); });
}

/// `--stratify [BOOL]` where the value may be left out.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const bool may_be_left_out = option->get_expected_min() == 0 && option->get_expected_max() > 0;
    if (!may_be_left_out || option->get_type_size() == 0) return CLI::Formatter::make_option_opts(option);
    return " [" + option->get_type_name() + "]";
  }
};

std::string with_program_name(std::string text, const std::string& written, const std::string& actual) {
  for (std::size_t at = 0; (at = text.find(written, at)) != std::string::npos; at += actual.size()) {
    text.replace(at, written.size(), actual);
  }
  return text;
}

}  // namespace

class Options::Impl {
 public:
  /// `command` is how the examples call it, `program` how it is called here.
  Impl(CLI::App& app, std::string command, std::string program)
      : app_(app), command_(std::move(command)), program_(std::move(program)) {}

  CLI::App& app() noexcept { return app_; }
  template <typename T>
  CLI::Option* add_value(const std::string& names, T& target, const std::string& help, bool show_default) {
    CLI::Option* option = app_.add_option(names, target, help)->group(group_);
    if (show_default) option->capture_default_str();
    refuse_option_names(option);
    return option;
  }
  void add_flag(const std::string& names, bool& target, const std::string& help) {
    app_.add_flag(names, target, help)->group(group_);
  }
  CLI::Option* add_consumer(const std::string& names, const std::string& help, Consumer consumer) {
    // CLI11 keeps the texts; run_consumers hands them over in the order in which they were typed.
    auto texts = std::make_unique<std::vector<std::string>>();
    CLI::Option* option = app_.add_option(names, *texts, help)->group(group_);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    refuse_option_names(option);
    consumers_[option] = {std::move(texts), std::move(consumer)};
    return option;
  }
  template <typename T>
  void add_count(const std::string& names, T& target, T least, const std::string& help) {
    const auto consumer = [&target, least](const std::string& text) -> base::Status {
      target = TRY(integer_from(text, least));
      return {};
    };
    add_consumer(names, help, consumer)->type_name("INT")->expected(1)->default_str(std::to_string(target));
  }
  void set_examples(const std::string& text) {
    app_.footer("\nExamples:\n" + with_program_name(text, command_, program_));
  }
  void set_group(const std::string& heading) { group_ = heading; }

  base::Status run_consumers() {
    std::map<const CLI::Option*, std::size_t> used;
    for (const CLI::Option* option : app_.parse_order()) {
      const auto found = consumers_.find(option);
      if (found == consumers_.end()) continue;
      const std::size_t index = used[option]++;
      if (index >= found->second.texts->size()) continue;
      if (base::Status status = found->second.consumer((*found->second.texts)[index]); !status.ok()) {
        base::Error error = std::move(status).error();
        const std::string flag = option->get_name();
        std::string key = flag.substr(std::min(flag.size(), flag.find_first_not_of('-')));
        std::replace(key.begin(), key.end(), '-', '_');
        const bool says_more = !error.where.empty() && error.where != key && error.where != flag;
        error.where = says_more ? flag + " (" + error.where + ")" : flag;
        return error;
      }
    }
    return {};
  }

 private:
  void refuse_option_names(CLI::Option* option) {
    option->check([this](const std::string& text) {
      return is_option_name(app_, text) ? "the value is missing: " + text + " is an option" : std::string();
    });
  }

  struct Collected {
    std::unique_ptr<std::vector<std::string>> texts;
    Consumer consumer;
  };
  CLI::App& app_;
  std::string command_, program_;
  std::string group_ = "Options";
  std::map<const CLI::Option*, Collected> consumers_;
};

void Options::positional(const std::string& name, std::string& target, const std::string& help) {
  impl_.app().add_option(name, target, help)->required();
}
void Options::positional(const std::string& name, std::filesystem::path& target, const std::string& help) {
  impl_.app().add_option(name, target, help)->required()->type_name("PATH");
}
void Options::optional_positional(const std::string& name, std::filesystem::path& target,
                                  const std::string& help) {
  impl_.app().add_option(name, target, help)->type_name("PATH");
}
void Options::positional(const std::string& name, std::vector<std::filesystem::path>& target,
                         const std::string& help) {
  impl_.app().add_option(name, target, help)->required()->type_name("PATH");
}
void Options::value(const std::string& names, std::string& target, const std::string& help) {
  impl_.add_value(names, target, help, !target.empty());
}
void Options::value(const std::string& names, std::filesystem::path& target, const std::string& help) {
  impl_.add_value(names, target, help, !target.empty())->type_name("PATH");
}
void Options::value(const std::string& names, std::optional<std::string>& target, const std::string& help) {
  impl_.add_value(names, target, help, false);
}
void Options::value(const std::string& names, std::optional<std::filesystem::path>& target,
                    const std::string& help) {
  impl_.add_value(names, target, help, false)->type_name("PATH");
}
void Options::values(const std::string& names, std::vector<std::filesystem::path>& target,
                     const std::string& help) {
  impl_.add_value(names, target, help, false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("PATH")
      ->expected(1)
      ->allow_extra_args(false);
}
void Options::count(const std::string& names, int& target, int least, const std::string& help) {
  impl_.add_count(names, target, least, help);
}
void Options::count(const std::string& names, std::uint16_t& target, const std::string& help) {
  impl_.add_count(names, target, std::uint16_t{0}, help);
}
void Options::count(const std::string& names, std::uint64_t& target, const std::string& help) {
  impl_.add_count(names, target, std::uint64_t{0}, help);
}
void Options::choice(const std::string& names, std::optional<std::string>& target,
                     const std::vector<std::string>& words, const std::string& help) {
  const auto consumer = [&target, words](const std::string& text) -> base::Status {
    if (std::find(words.begin(), words.end(), text) == words.end()) {
      return base::Error{.message = "unknown choice " + base::quoted(text),
                         .hint = base::suggest_names(text, words)};
    }
    target = text;
    return {};
  };
  impl_.add_consumer(names, help, consumer)->type_name("TEXT")->expected(1);
}
void Options::flag(const std::string& names, bool& target, const std::string& help) {
  impl_.add_flag(names, target, help);
}
void Options::each(const std::string& names, const std::string& value_name, const std::string& help,
                   Consumer consumer) {
  impl_.add_consumer(names, help, std::move(consumer))
      ->type_name(value_name)
      ->expected(1)
      ->allow_extra_args(false);
}
void Options::each_with_default(const std::string& names, const std::string& value_name,
                                const std::string& help, const std::string& value_if_left_out,
                                Consumer consumer) {
  impl_.add_consumer(names, help, std::move(consumer))
      ->type_name(value_name)
      ->expected(0, 1)
      ->default_str(value_if_left_out);
}
void Options::group(const std::string& heading) { impl_.set_group(heading); }
void Options::examples(const std::string& text) { impl_.set_examples(text); }

namespace {

enum ExitCode { kDone = 0, kUsage = 2, kInvalid = 3, kContract = 4, kFiles = 5, kStopped = 130 };

/// The command line's one translation of an Error.
int exit_code_of(base::ErrorCode code) noexcept {
  switch (code) {
    case base::ErrorCode::kInvalidInput:
    case base::ErrorCode::kOutsidePopulation:
    case base::ErrorCode::kResourceLimit:
      return kInvalid;
    case base::ErrorCode::kContractBroken:
      return kContract;
    case base::ErrorCode::kNotFound:
    case base::ErrorCode::kIo:
      return kFiles;
    case base::ErrorCode::kCancelled:
      return kStopped;
  }
  return kInvalid;
}

/// Names the options that were perhaps meant; empty if none is near.
std::string hint_for(const CLI::App& app, const std::vector<std::string>& unexpected) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  for (const std::string& text : unexpected) {
    const std::string name = text.substr(0, text.find('='));
    const std::vector<std::string> near = base::nearest_names(name, known);
    if (!near.empty()) return base::suggest_names(name, known);
  }
  return "";
}

/// The command line did not parse, so the flag is looked for by hand.
bool asks_for_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const std::string_view word) {
    return word == "--json" || word == "--json-progress";
  });
}

int report_usage(const CLI::App& root, const CLI::ParseError& error, bool as_json) {
  const auto chosen = root.get_subcommands();
  const CLI::App& app = chosen.empty() ? root : *chosen.front();
  if (error.get_exit_code() == 0) return root.exit(error);  // --help, --version
  std::string hint = "see " + root.get_name() + (chosen.empty() ? "" : " " + app.get_name()) + " --help";
  const std::vector<std::string> unexpected = root.remaining(true);
  if (const std::string nearer = hint_for(app, unexpected); !nearer.empty()) hint = nearer;
  // CLI11 only says then that a command is required.
  const bool is_command_unknown =
      chosen.empty() && root.get_require_subcommand_min() > 0 && !unexpected.empty();
  const std::string message =
      is_command_unknown ? "unknown command or option " + base::quoted(unexpected.front()) : error.what();
  print_error(base::Error{.message = message, .hint = hint}, as_json);
  return kUsage;
}

struct Defined {
  std::unique_ptr<Options::Impl> impl;
  Action action;
};

int run_parsed(Defined& defined) {
  cancel_on_signals();
  if (const base::Status values = defined.impl->run_consumers(); !values.ok()) {
    print_error(values.error(), json_errors_wanted());
    return kUsage;
  }
  const auto run = [&]() -> base::Status {
    try {
      return defined.action();
    } catch (const std::bad_alloc&) {
      return base::Error{.code = base::ErrorCode::kResourceLimit,
                         .message = "there is not enough memory for this",
                         .hint = "use fewer rows, trees or features, or a machine with more memory"};
    } catch (const std::system_error& error) {  // of threads, which need memory of the system
      return base::Error{.code = base::ErrorCode::kResourceLimit,
                         .message = std::string("the system refuses: ") + error.code().message(),
                         .hint = "use fewer threads, or a machine with more memory"};
    }
  };
  const base::Status status = run();
  end_progress();
  if (status.ok()) return kDone;
  print_error(status.error(), json_errors_wanted());
  // What can be told of an option only beside the others.
  return status.error().where.starts_with("--") ? kUsage : exit_code_of(status.error().code);
}

void set_up(CLI::App& app, const std::string& program) {
  app.set_version_flag("--version", program + " " + std::string(base::program_version()),
                       "Print the version");
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(34);
  app.formatter(formatter);
}

/// What is left where there is not even the memory to read the command line.
template <typename Run>
int with_memory(int argc, char** argv, const Run& run) {
  try {
    return run();
  } catch (const std::bad_alloc&) {
    std::fputs(asks_for_json(argc, argv) ? "{\"error\": {\"code\": \"resource_limit\", \"message\": \"there "
                                           "is not enough memory to start\"}}\n"
                                         : "error: there is not enough memory to start\n",
               stderr);
    return exit_code_of(base::ErrorCode::kResourceLimit);
  }
}

int run_commands(const std::string& name, const std::string& description,
                 const std::vector<Command>& commands, int argc, char** argv) {
  CLI::App root(description, name);
  set_up(root, name);
  root.require_subcommand(1);
  std::map<const CLI::App*, Defined> defined;
  for (const Command& command : commands) {
    CLI::App* app = root.add_subcommand(command.name, command.help);
    const std::string invocation = name + " " + command.name;
    auto impl = std::make_unique<Options::Impl>(*app, invocation, invocation);
    Options options(*impl);
    Action action = command.define(options);
    defined[app] = {std::move(impl), std::move(action)};
  }
  if (argc == 1) {
    return write_stdout(root.help()).ok() ? kUsage : kFiles;
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(root, error, asks_for_json(argc, argv));
  }
  return run_parsed(defined.at(root.get_subcommands().front()));
}

int run_command(const std::string& name, const Command& command, int argc, char** argv) {
  CLI::App root(command.help, name);
  set_up(root, name);
  Defined defined;
  defined.impl = std::make_unique<Options::Impl>(root, "archmlp " + command.name, name);
  Options options(*defined.impl);
  defined.action = command.define(options);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(root, error, asks_for_json(argc, argv));
  }
  return run_parsed(defined);
}

}  // namespace

int run_program(const std::string& name, const std::string& description, const std::vector<Command>& commands,
                int argc, char** argv) {
  return with_memory(argc, argv, [&] { return run_commands(name, description, commands, argc, argv); });
}

int run_single_command(const std::string& name, const Command& command, int argc, char** argv) {
  return with_memory(argc, argv, [&] { return run_command(name, command, argc, argv); });
}

}  // namespace archmlp::apps
