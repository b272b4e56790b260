// info(): what this build is and what it runs on (NativeInfo of bindings/addon.ts).
#pragma once

#include <napi.h>

namespace pointsman::binding {

Napi::Value info(const Napi::CallbackInfo& call);

}  // namespace pointsman::binding
