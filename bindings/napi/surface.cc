#include "surface.h"

#include "errors.h"
#include "results.h"
#include "text/surface_features.h"
#include "text_batch.h"

namespace pointsman::binding {

Napi::Value surface_features(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const TextBatch texts(call[0], "surfaceFeatures: texts");
    Napi::Float32Array features = new_floats(call.Env(), texts.views().size(), kSurfaceFeatures);
    float* row = features.Data();
    for (const std::string_view text : texts.views()) {
      pointsman::surface_features(text, std::span<float, kSurfaceFeatures>(row, kSurfaceFeatures));
      row += kSurfaceFeatures;
    }
    return features;
  });
}

}  // namespace pointsman::binding
