// JavaScript class Tokenizer (NativeTokenizer of bindings/addon.ts): text to token ids without an encoder.
#pragma once

#include <napi.h>

#include <memory>

#include "text/tokenizer.h"

namespace pointsman::binding {

// Everything of a Tokenizer that can fail to be made; see OpenEngine.
struct OpenTokenizer {
  explicit OpenTokenizer(const Napi::CallbackInfo& call);

  std::shared_ptr<const WordPieceTokenizer> tokenizer;  // null once disposed
};

class TokenizerObject : private OpenTokenizer, public Napi::ObjectWrap<TokenizerObject> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value OnCalledAsFunction(const Napi::CallbackInfo& call);

  explicit TokenizerObject(const Napi::CallbackInfo& call);

 private:
  Napi::Value encode(const Napi::CallbackInfo& call);
  Napi::Value count_tokens(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);

  // Throws kDisposed. Called after the arguments are read, as in EngineObject.
  const WordPieceTokenizer& open_tokenizer() const;
};

}  // namespace pointsman::binding
