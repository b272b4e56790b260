// Checked readers of JavaScript arguments. Every reader throws kInvalidArgument with `name` ("gemm: m"), what
// was expected and what was found.
//
// Reading a property can run the caller's JavaScript (getters, proxies), which can detach or shrink any
// buffer. So a span from read_floats is used or copied before anything else is read from an object.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pointsman::binding {

// Throws "<name> must be <expected>, got <value in words>".
[[noreturn]] void refuse_type(std::string_view name, std::string_view expected, Napi::Value value);

Napi::Object read_object(Napi::Value value, std::string_view name);
bool read_boolean(Napi::Value value, std::string_view name);
// An integer in [0, 2^53).
std::size_t read_count(Napi::Value value, std::string_view name);
// A number that is finite as a float.
float read_finite(Napi::Value value, std::string_view name);
// Lone surrogates become U+FFFD; NUL characters are kept.
std::string read_string(Napi::Value value, std::string_view name);
// A non-empty string without NUL.
std::filesystem::path read_path(Napi::Value value, std::string_view name);

// The elements of a Float32Array, in place.
std::span<float> read_floats(Napi::Value value, std::string_view name);
// The elements of an Int32Array, in place.
std::span<std::int32_t> read_ints(Napi::Value value, std::string_view name);
std::vector<float> copy_floats(Napi::Value value, std::string_view name);

// rows * cols; an overflow throws.
std::size_t checked_product(std::size_t rows, std::size_t cols, std::string_view name);
// `floats` has exactly rows * cols elements; `shape` is how the message writes it: "[m, k]".
void require_shape(std::span<const float> floats, std::size_t rows, std::size_t cols, std::string_view name,
                   std::string_view shape);
// The two arrays share no memory.
void require_disjoint(std::span<const float> a, std::string_view a_name, std::span<const float> b,
                      std::string_view b_name);

}  // namespace pointsman::binding
