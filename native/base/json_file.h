// JSON that came from outside: errors name the file, and a name given twice is an error instead of a silent
// choice.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace pointsman {

// `what` begins every message. Throws kCorruptFile: not JSON, not an object, nested deeper than `max_depth`
// objects and lists, or a name used twice in one object.
nlohmann::json parse_json(std::string_view text, const std::string& what, int max_depth);

// Throws kFileNotFound and kIo as well.
nlohmann::json read_json_file(const std::filesystem::path& path, int max_depth);

}  // namespace pointsman
