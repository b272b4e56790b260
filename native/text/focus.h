// Where the last part of a prompt that a user wrote begins.
#pragma once

#include <cstddef>
#include <string_view>

namespace pointsman {

inline constexpr std::size_t kNoFocus = std::string_view::npos;

// The offset of the last mark of a user's part, or kNoFocus. Marks are the control words of chat templates
// ("<|im_start|>user", "[INST]"), wherever they stand, and titles at the begin of a line ("User:", "Q:",
// "### Question"); both in any case, and only where text follows. A control word wins over every title, for
// titles also occur within what a user pasted. Looks at the last `max_bytes` of `text` only, in linear time.
std::size_t find_focus(std::string_view text, std::size_t max_bytes);

}  // namespace pointsman
