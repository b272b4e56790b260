#include "values.h"

#include <cmath>
#include <cstdio>
#include <functional>

#include "base/error.h"

namespace pointsman::binding {
namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;  // 2^53 - 1

[[noreturn]] void refuse(std::string_view name, const std::string& complaint) {
  throw Error(ErrorCode::kInvalidArgument, std::string(name) + " " + complaint);
}

const char* typed_array_name(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
      return "an Int8Array";
    case napi_uint8_array:
      return "a Uint8Array";
    case napi_uint8_clamped_array:
      return "a Uint8ClampedArray";
    case napi_int16_array:
      return "an Int16Array";
    case napi_uint16_array:
      return "a Uint16Array";
    case napi_int32_array:
      return "an Int32Array";
    case napi_uint32_array:
      return "a Uint32Array";
    case napi_float16_array:
      return "a Float16Array";
    case napi_float32_array:
      return "a Float32Array";
    case napi_float64_array:
      return "a Float64Array";
    case napi_bigint64_array:
      return "a BigInt64Array";
    case napi_biguint64_array:
      return "a BigUint64Array";
  }
  return "a typed array of another kind";
}

struct TypedArray {
  napi_typedarray_type type;
  std::size_t length;
  void* data;
  bool detached;
};

TypedArray typed_array(Napi::Value value) {
  TypedArray array{};
  napi_value buffer = nullptr;
  if (napi_get_typedarray_info(value.Env(), value, &array.type, &array.length, &array.data, &buffer,
                               nullptr) != napi_ok ||
      napi_is_detached_arraybuffer(value.Env(), buffer, &array.detached) != napi_ok) {
    throw Napi::Error::New(value.Env());
  }
  return array;
}

std::string describe_object(Napi::Value value) {
  if (value.IsArray()) return "an array";
  if (value.IsTypedArray()) return typed_array_name(typed_array(value).type);
  return "an object";
}

std::string describe_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == std::trunc(number) && std::abs(number) <= kMaxSafeInteger) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%.17g", number);
  return std::string(text, static_cast<std::size_t>(length));
}

std::string describe(Napi::Value value) {
  switch (value.Type()) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return describe_number(value.As<Napi::Number>().DoubleValue());
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    case napi_external:
    case napi_object:
      return describe_object(value);
  }
  return "a value of another kind";
}

}  // namespace

void refuse_type(std::string_view name, std::string_view expected, Napi::Value value) {
  refuse(name, "must be " + std::string(expected) + ", got " + describe(value));
}

Napi::Object read_object(Napi::Value value, std::string_view name) {
  if (!value.IsObject()) refuse_type(name, "an object", value);
  return value.As<Napi::Object>();
}

bool read_boolean(Napi::Value value, std::string_view name) {
  if (!value.IsBoolean()) refuse_type(name, "a boolean", value);
  return value.As<Napi::Boolean>().Value();
}

std::size_t read_count(Napi::Value value, std::string_view name) {
  constexpr std::string_view kExpected = "a whole number from 0 to 2^53 - 1";
  if (!value.IsNumber()) refuse_type(name, kExpected, value);
  const double number = value.As<Napi::Number>().DoubleValue();
  // Written so that NaN fails.
  if (!(number >= 0 && number <= kMaxSafeInteger) || number != std::trunc(number))
    refuse_type(name, kExpected, value);
  return static_cast<std::size_t>(number);
}

float read_finite(Napi::Value value, std::string_view name) {
  constexpr std::string_view kExpected = "a number that is finite as a float";
  if (!value.IsNumber()) refuse_type(name, kExpected, value);
  const float number = static_cast<float>(value.As<Napi::Number>().DoubleValue());
  if (!std::isfinite(number)) refuse_type(name, kExpected, value);
  return number;
}

std::string read_string(Napi::Value value, std::string_view name) {
  if (!value.IsString()) refuse_type(name, "a string", value);
  return value.As<Napi::String>().Utf8Value();
}

std::filesystem::path read_path(Napi::Value value, std::string_view name) {
  std::string path = read_string(value, name);
  if (path.empty()) refuse(name, "must be a path, got an empty string");
  // The operating system would read a shorter path than the caller wrote.
  if (path.find('\0') != std::string::npos) refuse(name, "must be a path, got a string with a NUL character");
  return std::filesystem::path(std::u8string(path.begin(), path.end()));
}

std::span<float> read_floats(Napi::Value value, std::string_view name) {
  if (!value.IsTypedArray()) refuse_type(name, "a Float32Array", value);
  const TypedArray array = typed_array(value);
  if (array.type != napi_float32_array) refuse_type(name, "a Float32Array", value);
  if (array.detached) refuse(name, "has a detached buffer: it was transferred to another thread or object");
  return {static_cast<float*>(array.data), array.length};
}

std::span<std::int32_t> read_ints(Napi::Value value, std::string_view name) {
  if (!value.IsTypedArray()) refuse_type(name, "an Int32Array", value);
  const TypedArray array = typed_array(value);
  if (array.type != napi_int32_array) refuse_type(name, "an Int32Array", value);
  if (array.detached) refuse(name, "has a detached buffer: it was transferred to another thread or object");
  return {static_cast<std::int32_t*>(array.data), array.length};
}

std::vector<float> copy_floats(Napi::Value value, std::string_view name) {
  const std::span<const float> floats = read_floats(value, name);
  return {floats.begin(), floats.end()};
}

std::size_t checked_product(std::size_t rows, std::size_t cols, std::string_view name) {
  if (cols != 0 && rows > SIZE_MAX / cols) {
    refuse(name, "is too large: " + std::to_string(rows) + " x " + std::to_string(cols) + " elements");
  }
  return rows * cols;
}

void require_shape(std::span<const float> floats, std::size_t rows, std::size_t cols, std::string_view name,
                   std::string_view shape) {
  const std::size_t expected = checked_product(rows, cols, name);
  if (floats.size() == expected) return;
  refuse(name, "must have shape " + std::string(shape) + " = " + std::to_string(rows) + " x " +
                   std::to_string(cols) + " = " + std::to_string(expected) + " elements, got " +
                   std::to_string(floats.size()));
}

void require_disjoint(std::span<const float> a, std::string_view a_name, std::span<const float> b,
                      std::string_view b_name) {
  constexpr std::less<const float*> before;  // of unrelated arrays, < alone is not defined
  const bool overlap = !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) &&
                       before(b.data(), a.data() + a.size());
  if (overlap) refuse(a_name, "must not share memory with " + std::string(b_name) + ": pass a copy");
}

}  // namespace pointsman::binding
