#include "text/json_view.h"

#include <limits>

#include "base/error.h"

namespace pointsman {
namespace {

std::string describe(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 40;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array of " + std::to_string(value.size()) + " elements";
  const std::string text = value.dump();
  return text.size() <= kLongest ? text : std::string("a longer ") + value.type_name();
}

}  // namespace

JsonView JsonView::at(std::string_view key) const {
  const auto found = object().find(key);
  if (found == object().end()) reject("has no \"" + std::string(key) + "\"");
  return {found->second, file_, where_.empty() ? std::string(key) : where_ + "." + std::string(key)};
}

JsonView JsonView::at(std::size_t index) const {
  if (index >= array().size()) fail("an array of at least " + std::to_string(index + 1) + " elements");
  return {array().at(index), file_, where_ + "[" + std::to_string(index) + "]"};
}

bool JsonView::has(std::string_view key) const {
  const auto found = object().find(key);
  return found != object().end() && !found->second.is_null();
}

const nlohmann::json::object_t& JsonView::object() const {
  if (!value_.is_object()) fail("an object");
  return value_.get_ref<const nlohmann::json::object_t&>();
}

const nlohmann::json::array_t& JsonView::array() const {
  if (!value_.is_array()) fail("an array");
  return value_.get_ref<const nlohmann::json::array_t&>();
}

const std::string& JsonView::string() const {
  if (!value_.is_string()) fail("a string");
  return value_.get_ref<const std::string&>();
}

bool JsonView::boolean() const {
  if (!value_.is_boolean()) fail("true or false");
  return value_.get<bool>();
}

std::int32_t JsonView::token_id() const {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max() - 1);
  if (!value_.is_number_unsigned() || value_.get<std::uint64_t>() > kLargest) {
    fail("a token id, an integer from 0 to " + std::to_string(kLargest));
  }
  return value_.get<std::int32_t>();
}

std::size_t JsonView::count() const {
  if (!value_.is_number_unsigned()) fail("a whole number from 0");
  return value_.get<std::size_t>();
}

void JsonView::fail(std::string_view expected) const {
  reject("must be " + std::string(expected) + ", not " + describe(value_));
}

void JsonView::reject(std::string_view complaint) const {
  const std::string subject = where_.empty() ? "the file" : where_;
  throw Error(ErrorCode::kCorruptFile, file_ + ": " + subject + " " + std::string(complaint));
}

void JsonView::unsupported(std::string_view type, std::string_view supported) const {
  throw Error(ErrorCode::kUnsupported, file_ + ": " + where_ + " of type " + std::string(type) +
                                           " is not implemented; use a tokenizer with " +
                                           std::string(supported));
}

}  // namespace pointsman
