// A JSON value that knows where it stands, so that every complaint about it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace pointsman {

class JsonView {
 public:
  // `file` and `where` name the value in messages: "model.json: model.vocab".
  JsonView(const nlohmann::json& value, std::string file, std::string where)
      : value_(value), file_(std::move(file)), where_(std::move(where)) {}

  // A member, which must exist. `*this` must be an object. kCorruptFile otherwise.
  JsonView at(std::string_view key) const;
  // An element of an array, which must have that many. kCorruptFile otherwise.
  JsonView at(std::size_t index) const;
  bool has(std::string_view key) const;  // present and not null

  bool is_null() const noexcept { return value_.is_null(); }
  const nlohmann::json::object_t& object() const;
  const nlohmann::json::array_t& array() const;
  const std::string& string() const;
  bool boolean() const;
  // 0 to 2^31 - 1.
  std::int32_t token_id() const;
  std::size_t count() const;

  // `expected` completes "is not ...": throws kCorruptFile.
  [[noreturn]] void fail(std::string_view expected) const;
  // Throws kCorruptFile with the whole complaint after the place.
  [[noreturn]] void reject(std::string_view complaint) const;
  // Throws kUnsupported: `what` is of type `type`.
  [[noreturn]] void unsupported(std::string_view type, std::string_view supported) const;

 private:
  const nlohmann::json& value_;
  std::string file_;
  std::string where_;
};

}  // namespace pointsman
