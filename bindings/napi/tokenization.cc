#include "tokenization.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "results.h"
#include "values.h"

namespace pointsman::binding {

TextAndLimit read_text_and_limit(const Napi::CallbackInfo& call, const std::string& method,
                                 std::string_view limit_name) {
  return {
      .text = read_string(call[0], method + ": text"),
      .limit = read_count(call[1], method + ": " + std::string(limit_name)),
  };
}

TextView read_text_view(Napi::Value value, std::string_view name) {
  if (value.IsUndefined()) return TextView::kHead;
  const std::string view = read_string(value, name);
  if (view == "head") return TextView::kHead;
  if (view == "head-focus-tail") return TextView::kHeadFocusTail;
  throw Error(ErrorCode::kInvalidArgument,
              std::string(name) + " must be 'head' or 'head-focus-tail', got '" + view + "'");
}

Napi::Int32Array token_ids(Napi::Env env, const WordPieceTokenizer& tokenizer, const TextAndLimit& argument,
                           TextView view) {
  std::vector<std::int32_t> ids;
  encode_view(tokenizer, view, argument.text, argument.limit, ids);
  Napi::Int32Array result = new_ints(env, ids.size());
  std::copy(ids.begin(), ids.end(), result.Data());
  return result;
}

Napi::Object token_count(Napi::Env env, const WordPieceTokenizer& tokenizer, const TextAndLimit& argument) {
  const TokenCount count = tokenizer.count(argument.text, argument.limit);
  Napi::Object result = Napi::Object::New(env);
  result.Set("tokens", count_value(env, count.tokens));
  result.Set("bytesRead", count_value(env, count.bytes_read));
  result.Set("bytes", count_value(env, argument.text.size()));
  return result;
}

}  // namespace pointsman::binding
