// The `graph` export (NativeGraph of bindings/addon.ts): neighbours of rows and communities of graphs behind
// checked arguments.
#pragma once

#include <napi.h>

namespace pointsman::binding {

Napi::Object graph_object(Napi::Env env);

}  // namespace pointsman::binding
