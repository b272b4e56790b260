// From C++ exceptions to JavaScript errors with a `code`. Every entry point of the addon runs inside
// guarded().
#pragma once

#include <napi.h>

#include "base/error.h"

namespace pointsman::binding {

// The exception being handled as a JavaScript Error: pointsman::Error keeps its code, std::bad_alloc is
// ERR_OUT_OF_MEMORY, anything else ERR_INTERNAL. Call inside a catch block only.
Napi::Error current_exception_as_js(Napi::Env env);

// Runs `body`; what it throws leaves as a Napi::Error, which node-addon-api turns into a JavaScript
// exception. Exceptions of the caller's own JavaScript (getters, proxies) pass unchanged.
template <typename Body>
auto guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw current_exception_as_js(env);
  }
}

}  // namespace pointsman::binding
