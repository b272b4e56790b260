#include "base/error.h"

namespace pointsman {

const char* error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "ERR_INVALID_ARGUMENT";
    case ErrorCode::kFileNotFound:
      return "ERR_FILE_NOT_FOUND";
    case ErrorCode::kCorruptFile:
      return "ERR_CORRUPT_FILE";
    case ErrorCode::kUnsupported:
      return "ERR_UNSUPPORTED";
    case ErrorCode::kIo:
      return "ERR_IO";
    case ErrorCode::kDisposed:
      return "ERR_DISPOSED";
    case ErrorCode::kOutOfMemory:
      return "ERR_OUT_OF_MEMORY";
    case ErrorCode::kDeviceUnavailable:
      return "ERR_DEVICE_UNAVAILABLE";
    case ErrorCode::kInternal:
      return "ERR_INTERNAL";
  }
  return "ERR_INTERNAL";
}

}  // namespace pointsman
