// JavaScript class Engine (NativeEngine of bindings/addon.ts).
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "engine/engine.h"

namespace pointsman::binding {

// Everything of an Engine that can fail to be made. A base ahead of ObjectWrap, so that it exists before the
// JavaScript object is bound to C++ memory: a constructor that throws after that cannot always unbind in a
// worker that is being terminated, and the finalizer would then run on freed memory.
struct OpenEngine {
  explicit OpenEngine(const Napi::CallbackInfo& call);

  std::unique_ptr<Engine> engine;  // null once disposed
  std::int64_t external_bytes = 0;
};

class EngineObject : private OpenEngine, public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value OnCalledAsFunction(const Napi::CallbackInfo& call);

  explicit EngineObject(const Napi::CallbackInfo& call);
  void Finalize(Napi::BasicEnv env) override;

 private:
  Napi::Value embed(const Napi::CallbackInfo& call);
  Napi::Value tokenize(const Napi::CallbackInfo& call);
  Napi::Value count_tokens(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);

  // Throws kDisposed. Called after the arguments are read: reading them can run JavaScript that disposes this
  // object.
  Engine& open_engine();
  void release(Napi::BasicEnv env);
};

}  // namespace pointsman::binding
