// The `kernels` export (NativeKernels of bindings/addon.ts): the kernel table behind checked arguments.
#pragma once

#include <napi.h>

namespace pointsman::binding {

Napi::Object kernels_object(Napi::Env env);

}  // namespace pointsman::binding
