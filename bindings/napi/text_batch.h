// The strings of one call, out of JavaScript.
#pragma once

#include <napi.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pointsman::binding {

// Strings copied out of a JavaScript array into one block.
class TextBatch {
 public:
  // Throws for anything but an array of strings, with the index of the first other entry.
  TextBatch(Napi::Value texts, std::string_view name);
  TextBatch(const TextBatch&) = delete;
  TextBatch& operator=(const TextBatch&) = delete;
  // Valid as long as this object.
  std::span<const std::string_view> views() const noexcept { return views_; }

 private:
  std::string bytes_;
  std::vector<std::string_view> views_;
};

}  // namespace pointsman::binding
