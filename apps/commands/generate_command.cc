#include <memory>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/datasets/paysim.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GenerateOptions {
  std::filesystem::path dataset;
  datasets::PaysimConfig paysim;
  std::optional<std::filesystem::path> out;
};

base::Status generate(const GenerateOptions& options) {
  if (options.dataset != "paysim") {
    return base::Error{.message = "no generator is called " + base::quoted(options.dataset.string()),
                       .hint = "there is one: paysim"};
  }
  if (!options.out) return datasets::generate_paysim(options.paysim, write_stdout);
  base::AtomicFile file = TRY(base::AtomicFile::create(*options.out));
  TRY(datasets::generate_paysim(
      options.paysim, [&file](std::string_view bytes) { return file.write(bytes); }, progress_output()));
  return file.commit();
}

}  // namespace

Command generate_command() {
  return {"generate", "Make example data: a simulated log of mobile-money transactions with fraud in it",
          [](Options& options) -> Action {
            auto given = std::make_shared<GenerateOptions>();
            options.positional("dataset", given->dataset, "paysim");
            options.count("--rows", given->paysim.rows, "Transactions");
            options.count("--seed", given->paysim.seed, "The same seed gives the same bytes");
            options.value("--out", given->out, "File to write; standard output if left out");
            add_json_progress(options);
            options.examples("  archmlp generate paysim --rows 200000 --seed 42 --out paysim.csv\n");
            return [given] { return generate(*given); };
          }};
}

}  // namespace archmlp::apps
