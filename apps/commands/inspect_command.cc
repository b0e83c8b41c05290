#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/profile/profile.h"
#include "archmlp/profile/profile_page.h"
#include "archmlp/table/csv_reader.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct InspectOptions {
  std::filesystem::path file;
  std::optional<std::string> label;
  std::optional<std::filesystem::path> html;
  contract::CsvOptions read;
  std::uint64_t first_rows = 5;
};

/// The name of the data, for people. File names may hold any bytes, a page must not.
std::string title_of(const std::filesystem::path& file) {
  if (file == "-") return "standard input";
  std::string name = file.filename().string();
  return base::find_invalid_utf8(name) ? "data" : name;
}

base::Status inspect(const InspectOptions& options) {
  if (options.html) TRY(base::refuse_to_overwrite(*options.html, {options.file}));
  const table::CsvTable csv = TRY(table::read_csv(options.file, options.read, progress_output()));
  profile::ProfileOptions wanted{.label = options.label, .thread_count = options.read.thread_count};
  for (const auto& [name, kind] : options.read.types) wanted.given_kinds.insert(name);
  const profile::TableProfile profile = TRY(profile::profile_table(csv.table, wanted));
  if (options.html) {
    const std::string title = title_of(options.file);
    TRY(base::write_file_atomically(*options.html, profile::to_html(profile, csv.table, title)));
  }
  if (json_output_wanted()) return write_stdout(profile::to_json(profile).dump(2) + "\n");
  if (options.html) return write_stdout("The profile is in " + options.html->string() + "\n");
  return write_stdout(profile::to_text(profile, csv.table, options.first_rows, output_width()));
}

}  // namespace

Command inspect_command() {
  return {"inspect",
          "Look at a CSV: types, missing values, distributions, associations, and what is suspicious",
          [](Options& options) -> Action {
            auto given = std::make_shared<InspectOptions>();
            options.positional("file", given->file, "CSV file, plain, .gz or .zst; - is standard input");
            options.value("--label", given->label,
                          "The column to predict: its balance, and what goes with it or leaks it");
            options.value("--html", given->html,
                          "Write the profile as one HTML page with charts, for any browser");
            options.count("--rows", given->first_rows, "First rows to show");
            add_threads(options, given->read.thread_count);
            add_json(options);
            add_json_progress(options);
            add_csv_options(options, given->read);
            options.examples(
                "  archmlp inspect customers.csv\n"
                "  archmlp inspect customers.csv --label left --html profile.html\n"
                "  archmlp inspect customers.csv --label left --json\n");
            return [given] { return inspect(*given); };
          }};
}

}  // namespace archmlp::apps
