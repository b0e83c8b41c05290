#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/train_stage/train_stage.h"

// What the stages report, for people and for programs.

namespace archmlp::apps {

std::string to_text(const preprocess::PreprocessReport& report, const std::filesystem::path& out);
nlohmann::ordered_json to_json(const preprocess::PreprocessReport& report, const std::filesystem::path& out);

std::string to_text(const train_stage::TrainReport& report, const std::filesystem::path& out);
nlohmann::ordered_json to_json(const train_stage::TrainReport& report, const std::filesystem::path& out);

}  // namespace archmlp::apps
