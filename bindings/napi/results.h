// Values for results. Typed arrays are made before the computation that fills them.
#pragma once

#include <napi.h>

#include <cstddef>

namespace pointsman::binding {

// Fresh zero-filled arrays. More memory than there is throws std::bad_alloc.
Napi::Float32Array new_floats(Napi::Env env, std::size_t rows, std::size_t cols);
Napi::Int32Array new_ints(Napi::Env env, std::size_t count);
Napi::Number count_value(Napi::Env env, std::size_t count);

}  // namespace pointsman::binding
