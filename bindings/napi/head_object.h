// JavaScript class Head (NativeHead of bindings/addon.ts).
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "model/heads.h"

namespace pointsman::binding {

// Made before the JavaScript object is bound, for the reason given at OpenEngine.
struct OpenHead {
  explicit OpenHead(const Napi::CallbackInfo& call);

  std::shared_ptr<const Head> head;  // null once disposed
  std::int64_t external_bytes = 0;
};

class HeadObject : private OpenHead, public Napi::ObjectWrap<HeadObject> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value OnCalledAsFunction(const Napi::CallbackInfo& call);

  explicit HeadObject(const Napi::CallbackInfo& call);
  void Finalize(Napi::BasicEnv env) override;

 private:
  Napi::Value score(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);

  void release(Napi::BasicEnv env);
};

}  // namespace pointsman::binding
