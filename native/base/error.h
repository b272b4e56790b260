// The only thing native code throws. Codes are stable: they reach JavaScript as `error.code`.
#pragma once

#include <stdexcept>
#include <string>

namespace pointsman {

enum class ErrorCode {
  kInvalidArgument,  // the caller passed something impossible
  kFileNotFound,
  kCorruptFile,  // the file exists and is not what it says it is
  kUnsupported,  // well formed, but outside what this build implements
  kIo,
  kDisposed,  // used after dispose
  kOutOfMemory,
  kDeviceUnavailable,  // a GPU was asked for by name and cannot be used
  kInternal,
};

// "ERR_CORRUPT_FILE" and so on; a static string.
const char* error_code_name(ErrorCode code) noexcept;

// `message` says what failed, what was expected, what was found and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace pointsman
