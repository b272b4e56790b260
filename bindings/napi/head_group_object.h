// JavaScript class HeadGroup (NativeHeadGroup of bindings/addon.ts).
#pragma once

#include <napi.h>

#include <memory>

#include "engine/head_group.h"

namespace pointsman::binding {

// Made before the JavaScript object is bound, for the reason given at OpenEngine.
struct OpenHeadGroup {
  explicit OpenHeadGroup(const Napi::CallbackInfo& call);

  std::unique_ptr<HeadGroup> group;  // null once disposed
};

class HeadGroupObject : private OpenHeadGroup, public Napi::ObjectWrap<HeadGroupObject> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value OnCalledAsFunction(const Napi::CallbackInfo& call);

  explicit HeadGroupObject(const Napi::CallbackInfo& call);

 private:
  Napi::Value score(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);
};

}  // namespace pointsman::binding
