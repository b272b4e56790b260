#include "text_batch.h"

#include <cstdint>

#include "values.h"

namespace pointsman::binding {

TextBatch::TextBatch(Napi::Value texts, std::string_view name) {
  if (!texts.IsArray()) refuse_type(name, "an array of strings", texts);
  const Napi::Array array = texts.As<Napi::Array>();
  // Lengths first: appending moves the block. A sparse array may claim 2^32 entries, so nothing is reserved.
  std::vector<std::size_t> lengths;
  const std::uint32_t count = array.Length();
  for (std::uint32_t index = 0; index < count; ++index) {
    const Napi::HandleScope scope(texts.Env());
    const Napi::Value entry = array[index];
    if (!entry.IsString())
      refuse_type(std::string(name) + "[" + std::to_string(index) + "]", "a string", entry);
    std::size_t length = 0;
    if (napi_get_value_string_utf8(texts.Env(), entry, nullptr, 0, &length) != napi_ok) {
      throw Napi::Error::New(texts.Env());
    }
    const std::size_t offset = bytes_.size();
    bytes_.resize(offset + length + 1);  // Node-API ends what it writes with a NUL
    if (napi_get_value_string_utf8(texts.Env(), entry, bytes_.data() + offset, length + 1, &length) !=
        napi_ok) {
      throw Napi::Error::New(texts.Env());
    }
    bytes_.resize(offset + length);
    lengths.push_back(length);
  }
  views_.reserve(lengths.size());
  std::size_t offset = 0;
  for (const std::size_t length : lengths) {
    views_.emplace_back(bytes_.data() + offset, length);
    offset += length;
  }
}

}  // namespace pointsman::binding
