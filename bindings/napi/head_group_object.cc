#include "head_group_object.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "device_values.h"
#include "engine/head_registry.h"
#include "errors.h"
#include "results.h"
#include "values.h"

namespace pointsman::binding {
namespace {

std::vector<std::shared_ptr<const Head>> find_heads(Napi::Value value) {
  if (!value.IsArray()) refuse_type("HeadGroup: heads", "an array of ids", value);
  const auto ids = value.As<Napi::Array>();
  std::vector<std::shared_ptr<const Head>> heads;
  for (std::uint32_t i = 0; i < ids.Length(); ++i)
    heads.push_back(HeadRegistry::find(read_count(ids[i], "HeadGroup: heads")));
  return heads;
}

}  // namespace

OpenHeadGroup::OpenHeadGroup(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    group = std::make_unique<HeadGroup>(find_heads(call[0]), read_device(call[1], "HeadGroup: device"));
    define_device(call.This().As<Napi::Object>(), group->device());
  });
}

HeadGroupObject::HeadGroupObject(const Napi::CallbackInfo& call) : OpenHeadGroup(call), ObjectWrap(call) {}

Napi::Function HeadGroupObject::define(Napi::Env env) {
  return DefineClass(env, "HeadGroup",
                     {
                         InstanceMethod("score", &HeadGroupObject::score),
                         InstanceMethod("dispose", &HeadGroupObject::dispose),
                     });
}

Napi::Value HeadGroupObject::OnCalledAsFunction(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), []() -> Napi::Value {
    throw Error(ErrorCode::kInvalidArgument, "HeadGroup is a class: call it with new");
  });
}

Napi::Value HeadGroupObject::score(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    if (group == nullptr) throw Error(ErrorCode::kDisposed, "this HeadGroup was disposed: make another one");
    const std::span<const float> embeddings = read_floats(call[0], "HeadGroup.score: embeddings");
    const std::size_t count = read_count(call[1], "HeadGroup.score: count");
    if (group->dimension() != 0) {
      require_shape(embeddings, count, group->dimension(), "HeadGroup.score: embeddings",
                    "[count, dimension]");
    }
    // Made before the computation: a worker may be terminated during it.
    Napi::Array results = Napi::Array::New(env);
    std::vector<std::span<float>> out;
    for (const auto& head : group->heads()) {
      Napi::Float32Array scores = new_floats(env, count, head->num_models());
      results[static_cast<std::uint32_t>(out.size())] = scores;
      out.emplace_back(scores.Data(), scores.ElementLength());
    }
    group->score(embeddings, count, out);
    return results;
  });
}

void HeadGroupObject::dispose(const Napi::CallbackInfo&) {
  group.reset();
}

}  // namespace pointsman::binding
