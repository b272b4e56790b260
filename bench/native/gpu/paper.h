// The roofline of the named encoders on a device of stated peaks: arithmetic that needs no GPU.
#pragma once

#include <string>

#include "gpu/roofline.h"
#include "nlohmann/json.hpp"

namespace pointsman::bench {

// Markdown, for sequences of `length` tokens in batches so large that weights do not count.
std::string paper_text(const Roof& roof, std::size_t length);

nlohmann::ordered_json paper_json(const Roof& roof, std::size_t length);

}  // namespace pointsman::bench
