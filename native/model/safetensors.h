// Reader of safetensors files (github.com/huggingface/safetensors, "Format"): mapped, and validated whole
// before use.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/stored_floats.h"
#include "base/mapped_file.h"

namespace pointsman {

// "[30522, 384]"
std::string shape_text(std::span<const std::size_t> shape);

struct TensorView {
  std::string dtype;  // as the file spells it: "F32", "F16", "BF16", "I64", ...
  std::vector<std::size_t> shape;
  std::span<const std::byte> bytes;
};

class SafetensorsFile {
 public:
  // Checks the header against the file: JSON, names used once, known dtypes, shape x dtype = byte range,
  // ranges inside the file and covering it without overlap or hole. Throws kFileNotFound, kIo, kCorruptFile,
  // kUnsupported (dtype).
  explicit SafetensorsFile(const std::filesystem::path& path);

  bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }

  // Throws kCorruptFile naming the tensor when it is missing.
  const TensorView& tensor(std::string_view name) const;

  // The tensor as floats, after comparing its shape. Throws kCorruptFile when it is missing or of another
  // shape, kUnsupported when it is not F32, F16 or BF16.
  StoredFloats floats(std::string_view name, std::span<const std::size_t> expected_shape) const;

  std::size_t num_tensors() const noexcept { return tensors_.size(); }
  const std::filesystem::path& path() const noexcept { return path_; }
  void release_pages() const noexcept { file_.release_pages(); }

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace pointsman
