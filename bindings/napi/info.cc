#include "info.h"

#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include "backend/cuda_library.h"
#include "engine/engine.h"
#include "engine/head_registry.h"
#include "errors.h"
#include "kernels/select.h"

namespace pointsman::binding {
namespace {

// "unknown" where the system does not say.
std::string cpu_name() {
  std::ifstream facts("/proc/cpuinfo");
  for (std::string line; std::getline(facts, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(':');
    const std::size_t start = colon == std::string::npos ? colon : line.find_first_not_of(' ', colon + 1);
    if (start != std::string::npos) return line.substr(start);
  }
  return "unknown";
}

Napi::Array available_names(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env);
  for (const KernelTable* table : available_kernel_tables()) names.Set(names.Length(), table->name);
  return names;
}

Napi::Array compiled_names(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env);
  for (const char* name : compiled_kernel_names()) names.Set(names.Length(), name);
  return names;
}

// 13000 is 13.0.
std::string cuda_version(std::int32_t version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// NativeGpu of bindings/addon.ts.
Napi::Object gpu(Napi::Env env) {
  const CudaLibrary& library = cuda_library();
  Napi::Object facts = Napi::Object::New(env);
  facts.Set("available", library.api != nullptr);
  facts.Set("library", library.path.string());
  if (library.api == nullptr) {
    facts.Set("reason", library.reason);
    return facts;
  }
  const cuda::DeviceFacts& device = library.device;
  facts.Set("name", static_cast<const char*>(device.name));
  facts.Set("computeCapability",
            std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor));
  facts.Set("memoryBytes", static_cast<double>(device.memory_bytes));
  facts.Set("driverCuda", cuda_version(device.driver_version));
  facts.Set("runtimeCuda", cuda_version(device.runtime_version));
  return facts;
}

}  // namespace

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    Napi::Object facts = Napi::Object::New(env);
    facts.Set("version", POINTSMAN_VERSION);
    facts.Set("isa", kernels().name);
    facts.Set("operands", kernels().bf16 == nullptr ? "float32" : "bf16");
    facts.Set("isaAvailable", available_names(env));
    facts.Set("isaCompiled", compiled_names(env));
    facts.Set("compiler", POINTSMAN_COMPILER);
    facts.Set("buildType", POINTSMAN_BUILD_TYPE);
    facts.Set("cpu", cpu_name());
    facts.Set("gpu", gpu(env));
    facts.Set("sharedEncoders", static_cast<double>(count_open_encoder_models()));
    facts.Set("sharedHeads", static_cast<double>(HeadRegistry::size()));
    return facts;
  });
}

}  // namespace pointsman::binding
