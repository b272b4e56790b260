#include "results.h"

#include <cstdlib>
#include <new>
#include <string>

#include "base/error.h"
#include "values.h"

namespace pointsman::binding {
namespace {

constexpr std::size_t kMaxResultBytes = std::size_t{1} << 32;
// Below this, memory that cannot be had ends the process anyway: V8 needs as much for itself.
constexpr std::size_t kProbeBytes = std::size_t{1} << 20;

// V8 ends the process when an ArrayBuffer's memory cannot be had, so a large one is tried beforehand.
void require_memory(std::size_t bytes) {
  if (bytes > kMaxResultBytes) {
    throw Error(ErrorCode::kInvalidArgument, "the result would take " + std::to_string(bytes) +
                                                 " bytes, the limit is " + std::to_string(kMaxResultBytes) +
                                                 ": pass fewer rows at a time");
  }
  if (bytes < kProbeBytes) return;
  void* volatile probe = std::malloc(bytes);  // volatile: or the compiler drops the pair
  if (probe == nullptr) throw std::bad_alloc();
  std::free(probe);
}

}  // namespace

Napi::Float32Array new_floats(Napi::Env env, std::size_t rows, std::size_t cols) {
  const std::size_t count = checked_product(rows, cols, "the result");
  require_memory(checked_product(count, sizeof(float), "the result"));
  return Napi::Float32Array::New(env, count);
}

Napi::Int32Array new_ints(Napi::Env env, std::size_t count) {
  require_memory(checked_product(count, sizeof(std::int32_t), "the result"));
  return Napi::Int32Array::New(env, count);
}

Napi::Number count_value(Napi::Env env, std::size_t count) {
  return Napi::Number::New(env, static_cast<double>(count));
}

}  // namespace pointsman::binding
