// From CUDA's error codes to exceptions inside the library, and from these to the status that crosses its
// border.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>

#include "cuda/abi.h"

namespace pointsman::cuda {

class Failure : public std::runtime_error {
 public:
  Failure(Outcome outcome, const std::string& message) : std::runtime_error(message), outcome_(outcome) {}
  Outcome outcome() const noexcept { return outcome_; }

 private:
  Outcome outcome_;
};

// "what: the runtime's words (cudaErrorName)". Clears an error that the next call would otherwise report as
// its own; one that has damaged the context stays, and every later call fails with it.
inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  const std::string message =
      std::string(what) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
  throw Failure(error == cudaErrorMemoryAllocation ? Outcome::kOutOfMemory : Outcome::kInternal, message);
}

// Runs `body` and reports what became of it; nothing is thrown across the border.
template <typename Body>
void guarded(Status& status, Body&& body) noexcept {
  const auto fail = [&status](Outcome outcome, const char* message) {
    status.outcome = outcome;
    std::snprintf(status.message, sizeof status.message, "%s", message);
  };
  status.outcome = Outcome::kOk;
  status.message[0] = '\0';
  try {
    body();
  } catch (const Failure& failure) {
    fail(failure.outcome(), failure.what());
  } catch (const std::bad_alloc&) {
    fail(Outcome::kOutOfMemory, "out of host memory");
  } catch (const std::exception& error) {
    fail(Outcome::kInternal, error.what());
  }
}

}  // namespace pointsman::cuda
