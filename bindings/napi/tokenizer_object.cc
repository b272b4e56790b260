#include "tokenizer_object.h"

#include "errors.h"
#include "results.h"
#include "tokenization.h"
#include "values.h"

namespace pointsman::binding {

OpenTokenizer::OpenTokenizer(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    tokenizer = WordPieceTokenizer::from_file(read_path(call[0], "Tokenizer: path"));
    const auto property = [&](const char* name, std::size_t value) {
      return Napi::PropertyDescriptor::Value(name, count_value(call.Env(), value), napi_enumerable);
    };
    call.This().As<Napi::Object>().DefineProperties({
        property("vocabularySize", tokenizer->vocabulary_size()),
        property("specialTokens", tokenizer->num_special_tokens()),
    });
  });
}

TokenizerObject::TokenizerObject(const Napi::CallbackInfo& call) : OpenTokenizer(call), ObjectWrap(call) {}

Napi::Function TokenizerObject::define(Napi::Env env) {
  return DefineClass(env, "Tokenizer",
                     {
                         InstanceMethod("encode", &TokenizerObject::encode),
                         InstanceMethod("countTokens", &TokenizerObject::count_tokens),
                         InstanceMethod("dispose", &TokenizerObject::dispose),
                     });
}

Napi::Value TokenizerObject::OnCalledAsFunction(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), []() -> Napi::Value {
    throw Error(ErrorCode::kInvalidArgument, "Tokenizer is a class: call it with new");
  });
}

Napi::Value TokenizerObject::encode(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const TextAndLimit argument = read_text_and_limit(call, "Tokenizer.encode", "maxTokens");
    const TextView view = read_text_view(call[2], "Tokenizer.encode: view");
    return token_ids(call.Env(), open_tokenizer(), argument, view);
  });
}

Napi::Value TokenizerObject::count_tokens(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const TextAndLimit argument = read_text_and_limit(call, "Tokenizer.countTokens", "limit");
    return token_count(call.Env(), open_tokenizer(), argument);
  });
}

void TokenizerObject::dispose(const Napi::CallbackInfo&) {
  tokenizer.reset();
}

const WordPieceTokenizer& TokenizerObject::open_tokenizer() const {
  if (tokenizer == nullptr) {
    throw Error(ErrorCode::kDisposed, "this Tokenizer was disposed: open another one");
  }
  return *tokenizer;
}

}  // namespace pointsman::binding
