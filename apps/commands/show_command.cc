#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/bundle/bundle.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

base::Status show(const std::filesystem::path& path) {
  const auto bundle = TRY(bundle::Bundle::load(path));
  if (json_output_wanted()) return write_stdout(bundle::describe(*bundle).dump(2) + "\n");
  return write_stdout(bundle::describe_text(*bundle));
}

}  // namespace

Command show_command() {
  return {"show", "Print what a model file holds", [](Options& options) -> Action {
            auto path = std::make_shared<std::filesystem::path>();
            options.positional("model", *path, "Model file");
            add_json(options);
            options.examples("  archmlp show model.archmlp\n");
            return [path] { return show(*path); };
          }};
}

}  // namespace archmlp::apps
