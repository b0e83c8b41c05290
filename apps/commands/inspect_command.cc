#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/profile.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct InspectOptions {
  std::filesystem::path file;
  contract::CsvOptions read;
  std::uint64_t first_rows = 5;
};

base::Status inspect(const InspectOptions& options) {
  const table::CsvTable csv = TRY(table::read_csv(options.file, options.read, terminal_progress()));
  const table::TableProfile profile = table::profile_table(csv.table, options.read.thread_count);
  if (json_output_wanted()) return write_stdout(table::to_json(profile).dump(2) + "\n");
  return write_stdout(table::to_text(profile, csv.table, options.first_rows));
}

}  // namespace

Command inspect_command() {
  return {"inspect", "Look at a CSV: first rows, types, missing and distinct values, ranges",
          [](Options& options) -> Action {
            auto given = std::make_shared<InspectOptions>();
            options.positional("file", given->file, "CSV file, plain, .gz or .zst; - is standard input");
            options.count("--rows", given->first_rows, "First rows to show");
            add_threads(options, given->read.thread_count);
            add_json(options);
            add_csv_options(options, given->read);
            options.examples("  archmlp inspect customers.csv\n  archmlp inspect customers.csv --json\n");
            return [given] { return inspect(*given); };
          }};
}

}  // namespace archmlp::apps
