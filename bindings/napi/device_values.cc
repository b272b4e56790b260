#include "device_values.h"

#include <string>

#include "base/error.h"
#include "values.h"

namespace pointsman::binding {

Device read_device(Napi::Value value, std::string_view name) {
  if (value.IsUndefined()) return Device::kAuto;
  const std::string device = read_string(value, name);
  if (device == "auto") return Device::kAuto;
  if (device == "cpu") return Device::kCpu;
  if (device == "cuda") return Device::kCuda;
  throw Error(ErrorCode::kInvalidArgument,
              std::string(name) + " must be 'auto', 'cpu' or 'cuda', got '" + device + "'");
}

void define_device(Napi::Object object, const DeviceChoice& choice) {
  const Napi::Env env = object.Env();
  const auto property = [&](const char* name, Napi::Value value) {
    return Napi::PropertyDescriptor::Value(name, value, napi_enumerable);
  };
  const Napi::Value reason =
      choice.reason.empty() ? env.Null() : Napi::Value(Napi::String::New(env, choice.reason));
  object.DefineProperties({
      property("device", Napi::String::New(env, choice.device == Device::kCuda ? "cuda" : "cpu")),
      property("deviceReason", reason),
  });
}

}  // namespace pointsman::binding
