// Registration. Node calls this once per thread that loads the addon.
#include <napi.h>

#include "engine_object.h"
#include "errors.h"
#include "graph_object.h"
#include "head_group_object.h"
#include "head_object.h"
#include "info.h"
#include "instance_data.h"
#include "kernels_object.h"
#include "surface.h"
#include "tokenizer_object.h"

namespace {

using namespace pointsman::binding;

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  return guarded(env, [&] {
    env.SetInstanceData(new InstanceData());
    exports.Set("info", Napi::Function::New<info>(env, "info"));
    exports.Set("Engine", EngineObject::define(env));
    exports.Set("Head", HeadObject::define(env));
    exports.Set("HeadGroup", HeadGroupObject::define(env));
    exports.Set("Tokenizer", TokenizerObject::define(env));
    exports.Set("kernels", kernels_object(env));
    exports.Set("graph", graph_object(env));
    exports.Set("surfaceFeatures", Napi::Function::New<surface_features>(env, "surfaceFeatures"));
    return exports;
  });
}

}  // namespace

NODE_API_MODULE(pointsman, initialize)
