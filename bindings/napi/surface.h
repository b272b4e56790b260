// Surface features of texts, for lanes whose encoder is not native.
#pragma once

#include <napi.h>

namespace pointsman::binding {

// surfaceFeatures(texts) of bindings/addon.ts.
Napi::Value surface_features(const Napi::CallbackInfo& call);

}  // namespace pointsman::binding
