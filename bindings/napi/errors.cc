#include "errors.h"

#include <cstring>
#include <new>
#include <string>

namespace pointsman::binding {
namespace {

// Plain Node-API calls that run no JavaScript: they work, or fail softly, in a worker that is being
// terminated.
Napi::Error js_error(Napi::Env env, ErrorCode code, const char* message) {
  const char* name = error_code_name(code);
  napi_value js_name = nullptr;
  napi_value js_message = nullptr;
  napi_value error = nullptr;
  if (napi_create_string_utf8(env, name, std::strlen(name), &js_name) != napi_ok ||
      napi_create_string_utf8(env, message, std::strlen(message), &js_message) != napi_ok ||
      napi_create_error(env, js_name, js_message, &error) != napi_ok) {
    return Napi::Error::New(env);
  }
  return Napi::Error(env, error);
}

}  // namespace

Napi::Error current_exception_as_js(Napi::Env env) {
  try {
    throw;
  } catch (const Error& error) {
    return js_error(env, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return js_error(env, ErrorCode::kOutOfMemory,
                    "memory for this call could not be allocated: pass fewer rows at a time or free memory");
  } catch (const std::exception& error) {
    const std::string message = std::string("internal error, please report it: ") + error.what();
    return js_error(env, ErrorCode::kInternal, message.c_str());
  } catch (...) {
    return js_error(env, ErrorCode::kInternal, "internal error, please report it: unknown exception");
  }
}

}  // namespace pointsman::binding
