// A whole file, read only, in the address space. The pages are shared with every process that maps the same
// file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace pointsman {

// A file that is replaced (new inode) stays readable under an open mapping; one that another program
// truncates in place does not, as with every mapped file: install new weights beside the old ones or rename
// over them.
class MappedFile {
 public:
  // Throws kFileNotFound (missing, or not a regular file) or kIo (no permission, out of address space).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // Takes the pages out of this process's resident set. Later reads bring back only what they touch.
  void release_pages() const noexcept;

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace pointsman
