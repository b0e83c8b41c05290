#pragma once

#include "options.h"

// One file a command. They parse flags into a config struct, call one library function, print.

namespace archmlp::apps {

// The analytical setting: develops a model.
Command generate_command();
Command inspect_command();
Command preprocess_command();
Command train_command();
Command evaluate_command();
Command run_command();

// The operational setting: answers queries. Links nothing that fits or trains.
Command show_command();
Command predict_command();
Command serve_command();
Command query_command();

}  // namespace archmlp::apps
