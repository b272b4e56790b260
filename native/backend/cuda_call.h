// Calling the functions of libpointsman_cuda.so.
#pragma once

#include <string>
#include <type_traits>

#include "base/error.h"
#include "cuda/abi.h"

namespace pointsman {

inline ErrorCode code_of(cuda::Outcome outcome) {
  switch (outcome) {
    case cuda::Outcome::kUnavailable:
      return ErrorCode::kDeviceUnavailable;
    case cuda::Outcome::kOutOfMemory:
      return ErrorCode::kOutOfMemory;
    case cuda::Outcome::kUnsupported:
      return ErrorCode::kUnsupported;
    case cuda::Outcome::kOk:
    case cuda::Outcome::kInternal:
      break;
  }
  return ErrorCode::kInternal;
}

// Calls a function of the library whose last argument is a status; throws where it failed.
template <typename Call>
auto checked(Call&& call) {
  cuda::Status status{};
  const auto fail_if_failed = [&status] {
    if (status.outcome == cuda::Outcome::kOk) return;
    throw Error(code_of(status.outcome), std::string("CUDA back end: ") + status.message);
  };
  if constexpr (std::is_void_v<decltype(call(&status))>) {
    call(&status);
    fail_if_failed();
  } else {
    auto result = call(&status);
    fail_if_failed();
    return result;
  }
}

}  // namespace pointsman
