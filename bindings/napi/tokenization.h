// What Engine and Tokenizer answer alike: token ids of a text, and its token count.
#pragma once

#include <napi.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "text/text_view.h"
#include "text/tokenizer.h"

namespace pointsman::binding {

struct TextAndLimit {
  std::string text;
  std::size_t limit = 0;
};

// The arguments (text, `limit_name`) of `method`, as in "Engine.tokenize".
TextAndLimit read_text_and_limit(const Napi::CallbackInfo& call, const std::string& method,
                                 std::string_view limit_name);

// TextViewName of bindings/addon.ts; undefined is 'head'.
TextView read_text_view(Napi::Value value, std::string_view name);

// Ids with special tokens, at most `limit`.
Napi::Int32Array token_ids(Napi::Env env, const WordPieceTokenizer& tokenizer, const TextAndLimit& argument,
                           TextView view);

// NativeTokenCount of bindings/addon.ts.
Napi::Object token_count(Napi::Env env, const WordPieceTokenizer& tokenizer, const TextAndLimit& argument);

}  // namespace pointsman::binding
