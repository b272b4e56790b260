// Where something runs, to and from JavaScript.
#pragma once

#include <napi.h>

#include <string_view>

#include "backend/device.h"

namespace pointsman::binding {

// DeviceName of bindings/addon.ts; undefined is 'auto'.
Device read_device(Napi::Value value, std::string_view name);

// The properties `device`, 'cpu' or 'cuda', and `deviceReason`, null where there is none.
void define_device(Napi::Object object, const DeviceChoice& choice);

}  // namespace pointsman::binding
