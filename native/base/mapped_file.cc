#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"

namespace pointsman {
namespace {

class FileDescriptor {
 public:
  // O_NONBLOCK: opening a named pipe by mistake must answer, not wait for a writer.
  explicit FileDescriptor(const std::filesystem::path& path)
      : value_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const noexcept { return value_; }

 private:
  int value_;
};

[[noreturn]] void throw_system_error(const std::string& what, const std::filesystem::path& path, int number) {
  const bool missing = number == ENOENT || number == ENOTDIR;
  throw Error(missing ? ErrorCode::kFileNotFound : ErrorCode::kIo,
              "cannot " + what + " " + path.string() + ": " + std::generic_category().message(number));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const FileDescriptor file(path);
  if (file.get() < 0) throw_system_error("open", path, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) throw_system_error("examine", path, errno);
  if (!S_ISREG(facts.st_mode)) {
    throw Error(ErrorCode::kFileNotFound,
                "cannot read " + path.string() + ": expected a file, got a folder or device");
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return;  // mmap refuses empty files
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw_system_error("map", path, errno);
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::release_pages() const noexcept {
  if (!bytes_.empty()) ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

}  // namespace pointsman
