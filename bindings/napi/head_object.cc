#include "head_object.h"

#include <string>
#include <utility>

#include "engine/head_registry.h"
#include "errors.h"
#include "results.h"
#include "values.h"

namespace pointsman::binding {
namespace {

// Wider than any embedding or hidden layer, and small enough that its product with a count of floats fits 64
// bits.
constexpr std::size_t kMaxWidth = std::size_t{1} << 24;

// A calibrated stack of calibrated heads needs three, and every model that is added to a router two more; a
// specification that contains itself must end.
constexpr int kMaxDepth = 64;

std::size_t read_width(Napi::Value value, std::string_view name) {
  const std::size_t width = read_count(value, name);
  if (width <= kMaxWidth) return width;
  throw Error(ErrorCode::kInvalidArgument, std::string(name) + " must be at most " +
                                               std::to_string(kMaxWidth) + ", got " + std::to_string(width));
}

LinearHeadSpec read_linear(const Napi::Object& spec) {
  return {
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .weight = copy_floats(spec.Get("weight"), "Head: weight"),
      .bias = copy_floats(spec.Get("bias"), "Head: bias"),
  };
}

PairwiseHeadSpec read_pairwise(const Napi::Object& spec) {
  return {
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .hidden = read_width(spec.Get("hidden"), "Head: hidden"),
      .prompt_weight = copy_floats(spec.Get("promptWeight"), "Head: promptWeight"),
      .model_part = copy_floats(spec.Get("modelPart"), "Head: modelPart"),
      .out_weight = copy_floats(spec.Get("outWeight"), "Head: outWeight"),
      .out_bias = copy_floats(spec.Get("outBias"), "Head: outBias"),
  };
}

MlpHeadSpec read_mlp(const Napi::Object& spec) {
  const Napi::Value layers = spec.Get("layers");
  if (!layers.IsArray()) throw Error(ErrorCode::kInvalidArgument, "Head: layers must be an array");
  const auto list = layers.As<Napi::Array>();
  MlpHeadSpec mlp{.dimension = read_width(spec.Get("dimension"), "Head: dimension"), .layers = {}};
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const std::string name = "Head: layers[" + std::to_string(i) + "]";
    const Napi::Object layer = read_object(list.Get(i), name);
    mlp.layers.push_back({
        .weight = copy_floats(layer.Get("weight"), name + ".weight"),
        .bias = copy_floats(layer.Get("bias"), name + ".bias"),
    });
  }
  return mlp;
}

NeighbourHeadSpec read_neighbour(const Napi::Object& spec) {
  return {
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .k = read_count(spec.Get("k"), "Head: k"),
      .temperature = read_finite(spec.Get("temperature"), "Head: temperature"),
      .prior_weight = read_finite(spec.Get("priorWeight"), "Head: priorWeight"),
      .keys = copy_floats(spec.Get("keys"), "Head: keys"),
      .scores = copy_floats(spec.Get("scores"), "Head: scores"),
      .prior = copy_floats(spec.Get("prior"), "Head: prior"),
  };
}

HeadSpec read_spec(Napi::Value value, int depth);

std::shared_ptr<const Head> read_inner(Napi::Value value, int depth) {
  return Head::create(read_spec(value, depth + 1));
}

Napi::Array read_array(Napi::Value value, std::string_view name) {
  if (!value.IsArray()) refuse_type(name, "an array", value);
  return value.As<Napi::Array>();
}

std::vector<std::shared_ptr<const Head>> read_members(const Napi::Object& spec, int depth) {
  const Napi::Array list = read_array(spec.Get("members"), "Head: members");
  std::vector<std::shared_ptr<const Head>> members;
  for (std::uint32_t k = 0; k < list.Length(); ++k) members.push_back(read_inner(list.Get(k), depth));
  return members;
}

StackHeadSpec read_stack(const Napi::Object& spec, int depth) {
  return {
      .members = read_members(spec, depth),
      .weights = copy_floats(spec.Get("weights"), "Head: weights"),
  };
}

std::vector<std::size_t> read_counts(Napi::Value value, const std::string& name) {
  const Napi::Array list = read_array(value, name);
  std::vector<std::size_t> counts;
  for (std::uint32_t i = 0; i < list.Length(); ++i) counts.push_back(read_count(list.Get(i), name));
  return counts;
}

JoinHeadSpec read_join(const Napi::Object& spec, int depth) {
  return {
      .members = read_members(spec, depth),
      .columns = read_counts(spec.Get("columns"), "Head: columns"),
  };
}

MixHeadSpec read_mix(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .weight = copy_floats(spec.Get("weight"), "Head: weight"),
      .bias = copy_floats(spec.Get("bias"), "Head: bias"),
  };
}

AdapterHeadSpec read_adapter(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .bottleneck = read_width(spec.Get("bottleneck"), "Head: bottleneck"),
      .down_weight = copy_floats(spec.Get("downWeight"), "Head: downWeight"),
      .down_bias = copy_floats(spec.Get("downBias"), "Head: downBias"),
      .up_weight = copy_floats(spec.Get("upWeight"), "Head: upWeight"),
  };
}

CalibratedHeadSpec read_calibrated(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .knots = read_width(spec.Get("knots"), "Head: knots"),
      .curve = copy_floats(spec.Get("curve"), "Head: curve"),
  };
}

StandardisedHeadSpec read_standardised(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .mean = copy_floats(spec.Get("mean"), "Head: mean"),
      .scale = copy_floats(spec.Get("scale"), "Head: scale"),
      .weight = copy_floats(spec.Get("weight"), "Head: weight"),
  };
}

ProjectedHeadSpec read_projected(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .projection = copy_floats(spec.Get("projection"), "Head: projection"),
  };
}

FamiliarHeadSpec read_familiar(const Napi::Object& spec, int depth) {
  return {
      .inner = read_inner(spec.Get("inner"), depth),
      .dimension = read_width(spec.Get("dimension"), "Head: dimension"),
      .k = read_count(spec.Get("k"), "Head: k"),
      .projection = copy_floats(spec.Get("projection"), "Head: projection"),
      .keys = copy_floats(spec.Get("keys"), "Head: keys"),
      .similarities = copy_floats(spec.Get("similarities"), "Head: similarities"),
      .trust = copy_floats(spec.Get("trust"), "Head: trust"),
      .fallback = copy_floats(spec.Get("fallback"), "Head: fallback"),
  };
}

ExpertsHeadSpec read_experts(const Napi::Object& spec) {
  return {
      .general = read_pairwise(read_object(spec.Get("general"), "Head: general")),
      .task_weight = copy_floats(spec.Get("taskWeight"), "Head: taskWeight"),
      .task_bias = copy_floats(spec.Get("taskBias"), "Head: taskBias"),
      .confidence = read_finite(spec.Get("confidence"), "Head: confidence"),
      .expert_counts = read_counts(spec.Get("expertCounts"), "Head: expertCounts"),
      .expert_models = read_counts(spec.Get("expertModels"), "Head: expertModels"),
      .expert_part = copy_floats(spec.Get("expertPart"), "Head: expertPart"),
      .expert_bias = copy_floats(spec.Get("expertBias"), "Head: expertBias"),
      .alpha = read_finite(spec.Get("alpha"), "Head: alpha"),
      .prior = copy_floats(spec.Get("prior"), "Head: prior"),
  };
}

HeadSpec read_spec(Napi::Value value, int depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorCode::kInvalidArgument,
                "Head: heads must be nested at most " + std::to_string(kMaxDepth) + " deep");
  }
  const Napi::Object spec = read_object(value, "Head: spec");
  const std::string kind = read_string(spec.Get("kind"), "Head: kind");
  if (kind == "constant") return ConstantHeadSpec{.scores = copy_floats(spec.Get("scores"), "Head: scores")};
  if (kind == "linear") return read_linear(spec);
  if (kind == "pairwise") return read_pairwise(spec);
  if (kind == "mlp") return read_mlp(spec);
  if (kind == "neighbour") return read_neighbour(spec);
  if (kind == "stack") return read_stack(spec, depth);
  if (kind == "calibrated") return read_calibrated(spec, depth);
  if (kind == "standardised") return read_standardised(spec, depth);
  if (kind == "projected") return read_projected(spec, depth);
  if (kind == "join") return read_join(spec, depth);
  if (kind == "mix") return read_mix(spec, depth);
  if (kind == "adapter") return read_adapter(spec, depth);
  if (kind == "familiar") return read_familiar(spec, depth);
  if (kind == "experts") return read_experts(spec);
  throw Error(
      ErrorCode::kInvalidArgument,
      "Head: kind must be 'constant', 'linear', 'pairwise', 'mlp', 'neighbour', 'stack', "
      "'calibrated', 'standardised', 'projected', 'join', 'mix', 'adapter', 'familiar' or 'experts', got '" +
          kind + "'");
}

Napi::PropertyDescriptor property(Napi::Env env, const char* name, std::size_t value) {
  return Napi::PropertyDescriptor::Value(name, Napi::Number::New(env, static_cast<double>(value)),
                                         napi_enumerable);
}

}  // namespace

OpenHead::OpenHead(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    head = Head::create(read_spec(call[0], 0));
    external_bytes = static_cast<std::int64_t>(head->num_floats() * sizeof(float));
    const std::uint64_t id = HeadRegistry::add(head);
    // Own properties, not accessors: an accessor can be called on any object.
    call.This().As<Napi::Object>().DefineProperties({
        property(call.Env(), "id", id),
        property(call.Env(), "dimension", head->dimension()),
        property(call.Env(), "models", head->num_models()),
    });
  });
}

HeadObject::HeadObject(const Napi::CallbackInfo& call) : OpenHead(call), ObjectWrap(call) {
  Napi::MemoryManagement::AdjustExternalMemory(call.Env(), external_bytes);
}

Napi::Function HeadObject::define(Napi::Env env) {
  return DefineClass(env, "Head",
                     {
                         InstanceMethod("score", &HeadObject::score),
                         InstanceMethod("dispose", &HeadObject::dispose),
                     });
}

Napi::Value HeadObject::OnCalledAsFunction(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), []() -> Napi::Value {
    throw Error(ErrorCode::kInvalidArgument, "Head is a class: call it with new");
  });
}

Napi::Value HeadObject::score(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    if (head == nullptr) throw Error(ErrorCode::kDisposed, "this Head was disposed: create another one");
    const std::span<const float> embeddings = read_floats(call[0], "Head.score: embeddings");
    const std::size_t count = read_count(call[1], "Head.score: count");
    if (head->dimension() != 0) {
      require_shape(embeddings, count, head->dimension(), "Head.score: embeddings", "[count, dimension]");
    }
    // Made before the computation: a worker may be terminated during it.
    Napi::Float32Array scores = new_floats(env, count, head->num_models());
    head->score(embeddings, count, {scores.Data(), scores.ElementLength()});
    return scores;
  });
}

void HeadObject::dispose(const Napi::CallbackInfo& call) {
  release(call.Env());
}

void HeadObject::Finalize(Napi::BasicEnv env) {
  release(env);
}

void HeadObject::release(Napi::BasicEnv env) {
  head.reset();
  Napi::MemoryManagement::AdjustExternalMemory(env, -external_bytes);
  external_bytes = 0;
}

}  // namespace pointsman::binding
