#include "engine_object.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "device_values.h"
#include "errors.h"
#include "results.h"
#include "text_batch.h"
#include "tokenization.h"
#include "values.h"

namespace pointsman::binding {
namespace {

Pooling read_pooling(Napi::Value value, std::string_view name) {
  const std::string pooling = read_string(value, name);
  if (pooling == "mean") return Pooling::kMean;
  if (pooling == "cls") return Pooling::kCls;
  throw Error(ErrorCode::kInvalidArgument,
              std::string(name) + " must be 'mean' or 'cls', got '" + pooling + "'");
}

// FeatureName of bindings/addon.ts.
Feature read_feature(Napi::Value value, std::string_view name) {
  const std::string feature = read_string(value, name);
  if (feature == "embedding") return Feature::kEmbedding;
  if (feature == "tokens") return Feature::kTokens;
  if (feature == "surface") return Feature::kSurface;
  throw Error(ErrorCode::kInvalidArgument,
              std::string(name) + " must be 'embedding', 'tokens' or 'surface', got '" + feature + "'");
}

// Undefined is the embedding alone. One more is read than there are, which then stands twice.
std::vector<Feature> read_features(Napi::Value value, const std::string& name) {
  constexpr std::uint32_t kEnough = 4;
  if (value.IsUndefined()) return {Feature::kEmbedding};
  if (!value.IsArray()) refuse_type(name, "an array of strings", value);
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<Feature> features;
  for (std::uint32_t i = 0; i < array.Length() && i < kEnough; ++i) {
    features.push_back(read_feature(array[i], name + "[" + std::to_string(i) + "]"));
  }
  return features;
}

EncoderOptions read_options(Napi::Value value) {
  const Napi::Object options = read_object(value, "Engine: options");
  return {
      .weights = read_path(options.Get("weights"), "Engine: weights"),
      .tokenizer = read_path(options.Get("tokenizer"), "Engine: tokenizer"),
      .config = read_path(options.Get("config"), "Engine: config"),
      .pooling = read_pooling(options.Get("pooling"), "Engine: pooling"),
      .normalize = read_boolean(options.Get("normalize"), "Engine: normalize"),
      .max_tokens = read_count(options.Get("maxTokens"), "Engine: maxTokens"),
      .view = read_text_view(options.Get("view"), "Engine: view"),
      .features = read_features(options.Get("features"), "Engine: features"),
      .device = read_device(options.Get("device"), "Engine: device"),
      .content_hash = read_string(options.Get("contentHash"), "Engine: contentHash"),
  };
}

// What the garbage collector is told an engine keeps alive: the weights, at their size on disk. Every thread
// counts them although they are shared, for the last engine to go frees them wherever it lives.
std::int64_t weights_bytes(const std::filesystem::path& path) {
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  return failure ? 0 : static_cast<std::int64_t>(bytes);
}

}  // namespace

OpenEngine::OpenEngine(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const EncoderOptions options = read_options(call[0]);
    engine = std::make_unique<Engine>(open_encoder_model(options));
    const auto property = [&](const char* name, std::size_t value) {
      return Napi::PropertyDescriptor::Value(name, count_value(call.Env(), value), napi_enumerable);
    };
    // Own properties, not accessors: an accessor can be called on any object.
    call.This().As<Napi::Object>().DefineProperties({
        property("dimension", engine->dimension()),
        property("maxTokens", engine->max_tokens()),
        property("vocabularySize", engine->tokenizer().vocabulary_size()),
    });
    define_device(call.This().As<Napi::Object>(), engine->device());
    external_bytes = weights_bytes(options.weights);
  });
}

EngineObject::EngineObject(const Napi::CallbackInfo& call) : OpenEngine(call), ObjectWrap(call) {
  Napi::MemoryManagement::AdjustExternalMemory(call.Env(), external_bytes);
}

Napi::Function EngineObject::define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod("embed", &EngineObject::embed),
                         InstanceMethod("tokenize", &EngineObject::tokenize),
                         InstanceMethod("countTokens", &EngineObject::count_tokens),
                         InstanceMethod("dispose", &EngineObject::dispose),
                     });
}

Napi::Value EngineObject::OnCalledAsFunction(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), []() -> Napi::Value {
    throw Error(ErrorCode::kInvalidArgument, "Engine is a class: call it with new");
  });
}

Napi::Value EngineObject::embed(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const TextBatch texts(call[0], "Engine.embed: texts");
    Engine& open = open_engine();
    // All of JavaScript's part is done before the computation: a worker may be terminated during it.
    Napi::Float32Array embeddings = new_floats(env, texts.views().size(), open.dimension());
    Napi::Int32Array tokens = new_ints(env, texts.views().size());
    Napi::Object result = Napi::Object::New(env);
    result.Set("embeddings", embeddings);
    result.Set("tokens", tokens);
    open.embed(texts.views(), {embeddings.Data(), embeddings.ElementLength()},
               {tokens.Data(), tokens.ElementLength()});
    return result;
  });
}

Napi::Value EngineObject::tokenize(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const TextAndLimit argument = read_text_and_limit(call, "Engine.tokenize", "maxTokens");
    const TextView view = read_text_view(call[2], "Engine.tokenize: view");
    return token_ids(env, open_engine().tokenizer(), argument, view);
  });
}

Napi::Value EngineObject::count_tokens(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const TextAndLimit argument = read_text_and_limit(call, "Engine.countTokens", "limit");
    return token_count(env, open_engine().tokenizer(), argument);
  });
}

void EngineObject::dispose(const Napi::CallbackInfo& call) {
  release(call.Env());
}

void EngineObject::Finalize(Napi::BasicEnv env) {
  release(env);
}

Engine& EngineObject::open_engine() {
  if (engine == nullptr) throw Error(ErrorCode::kDisposed, "this Engine was disposed: open another one");
  return *engine;
}

void EngineObject::release(Napi::BasicEnv env) {
  engine.reset();
  Napi::MemoryManagement::AdjustExternalMemory(env, -external_bytes);
  external_bytes = 0;
}

}  // namespace pointsman::binding
