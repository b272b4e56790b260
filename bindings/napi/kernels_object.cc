#include "kernels_object.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "errors.h"
#include "instance_data.h"
#include "kernels/select.h"
#include "values.h"

namespace pointsman::binding {
namespace {

struct Product {
  bool transpose_a;
  bool transpose_b;
  std::size_t m;
  std::size_t n;
  std::size_t k;
  std::span<const float> a;
  std::span<const float> b;
  std::span<float> c;
  bool accumulate;
};

Product read_product(const Napi::CallbackInfo& call) {
  const Product product = {
      .transpose_a = read_boolean(call[0], "gemm: transposeA"),
      .transpose_b = read_boolean(call[1], "gemm: transposeB"),
      .m = read_count(call[2], "gemm: m"),
      .n = read_count(call[3], "gemm: n"),
      .k = read_count(call[4], "gemm: k"),
      .a = read_floats(call[5], "gemm: a"),
      .b = read_floats(call[6], "gemm: b"),
      .c = read_floats(call[7], "gemm: c"),
      .accumulate = read_boolean(call[8], "gemm: accumulate"),
  };
  const auto require = [](std::span<const float> floats, bool transposed, std::size_t rows, std::size_t cols,
                          const char* name, const char* shape, const char* transposed_shape) {
    require_shape(floats, transposed ? cols : rows, transposed ? rows : cols, name,
                  transposed ? transposed_shape : shape);
  };
  require(product.a, product.transpose_a, product.m, product.k, "gemm: a", "[m, k]", "[k, m]");
  require(product.b, product.transpose_b, product.k, product.n, "gemm: b", "[k, n]", "[n, k]");
  require(product.c, false, product.m, product.n, "gemm: c", "[m, n]", "");
  require_disjoint(product.c, "gemm: c", product.a, "a");
  require_disjoint(product.c, "gemm: c", product.b, "b");
  return product;
}

void multiply(const Product& product, AlignedBuffer<float>& packed) {
  const auto& [transpose_a, transpose_b, m, n, k, a, b, c, accumulate] = product;
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (!accumulate) std::fill(c.begin(), c.end(), 0.0F);
    return;
  }
  const KernelTable& table = kernels();
  packed.reserve_discard(table.packed_floats(n, k));
  table.pack({
      .b = b.data(),
      .row_stride = transpose_b ? 1 : n,
      .col_stride = transpose_b ? k : 1,
      .n = n,
      .k = k,
      .packed = packed.data(),
  });
  table.gemm({
      .a = a.data(),
      .a_row_stride = transpose_a ? 1 : k,
      .a_col_stride = transpose_a ? m : 1,
      .packed_b = packed.data(),
      .c = c.data(),
      .ldc = n,
      .m = m,
      .n = n,
      .k = k,
      .accumulate = accumulate,
  });
}

void gemm(const Napi::CallbackInfo& call) {
  guarded(call.Env(),
          [&] { multiply(read_product(call), call.Env().GetInstanceData<InstanceData>()->packed_b); });
}

void softmax_rows(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const std::span<float> x = read_floats(call[0], "softmaxRows: x");
    const std::size_t rows = read_count(call[1], "softmaxRows: rows");
    const std::size_t cols = read_count(call[2], "softmaxRows: cols");
    require_shape(x, rows, cols, "softmaxRows: x", "[rows, cols]");
    if (x.empty()) return;
    kernels().softmax_rows({
        .x = x.data(),
        .stride = cols,
        .rows = rows,
        .cols = cols,
        .scale = 1.0F,
        .bias = nullptr,
        .bias_stride = 0,
    });
  });
}

Activation read_activation(Napi::Value value) {
  const std::string name = read_string(value, "activate: activation");
  if (name == "none") return Activation::kNone;
  if (name == "relu") return Activation::kRelu;
  if (name == "gelu") return Activation::kGelu;
  if (name == "sigmoid") return Activation::kSigmoid;
  if (name == "tanh") return Activation::kTanh;
  throw Error(ErrorCode::kInvalidArgument,
              "activate: activation must be 'none', 'relu', 'gelu', 'sigmoid' or 'tanh', got '" + name + "'");
}

void activate(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const Activation activation = read_activation(call[0]);
    const std::span<float> x = read_floats(call[1], "activate: x");
    kernels().activate(activation, x.data(), x.size());
  });
}

void accumulate_rows(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const std::span<const float> x = read_floats(call[0], "accumulateRows: x");
    const std::size_t rows = read_count(call[1], "accumulateRows: rows");
    const std::size_t cols = read_count(call[2], "accumulateRows: cols");
    const std::span<float> out = read_floats(call[3], "accumulateRows: out");
    require_shape(x, rows, cols, "accumulateRows: x", "[rows, cols]");
    require_shape(out, 1, cols, "accumulateRows: out", "[1, cols]");
    require_disjoint(out, "accumulateRows: out", x, "x");
    if (x.empty()) return;
    kernels().accumulate_rows(x.data(), rows, cols, out.data());
  });
}

void pairwise_head(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const std::span<const float> prompt = read_floats(call[0], "pairwiseHead: prompt");
    const std::span<const float> model = read_floats(call[1], "pairwiseHead: model");
    const std::span<const float> u = read_floats(call[2], "pairwiseHead: u");
    const std::span<const float> bias = read_floats(call[3], "pairwiseHead: bias");
    const std::size_t rows = read_count(call[4], "pairwiseHead: rows");
    const std::size_t models = read_count(call[5], "pairwiseHead: models");
    const std::size_t hidden = read_count(call[6], "pairwiseHead: hidden");
    const std::span<float> out = read_floats(call[7], "pairwiseHead: out");
    require_shape(prompt, rows, hidden, "pairwiseHead: prompt", "[rows, hidden]");
    require_shape(model, models, hidden, "pairwiseHead: model", "[models, hidden]");
    require_shape(u, 1, hidden, "pairwiseHead: u", "[1, hidden]");
    require_shape(bias, 1, models, "pairwiseHead: bias", "[1, models]");
    require_shape(out, rows, models, "pairwiseHead: out", "[rows, models]");
    for (const auto& [input, name] :
         {std::pair{prompt, "prompt"}, {model, "model"}, {u, "u"}, {bias, "bias"}}) {
      require_disjoint(out, "pairwiseHead: out", input, name);
    }
    if (out.empty()) return;
    kernels().pairwise_head({
        .prompt = prompt.data(),
        .model = model.data(),
        .u = u.data(),
        .bias = bias.data(),
        .out = out.data(),
        .rows = rows,
        .models = models,
        .hidden = hidden,
    });
  });
}

void pairwise_active(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const std::span<const float> prompt = read_floats(call[0], "pairwiseActive: prompt");
    const std::span<const float> model = read_floats(call[1], "pairwiseActive: model");
    const std::span<const float> gradient = read_floats(call[2], "pairwiseActive: gradient");
    const std::size_t rows = read_count(call[3], "pairwiseActive: rows");
    const std::size_t models = read_count(call[4], "pairwiseActive: models");
    const std::size_t hidden = read_count(call[5], "pairwiseActive: hidden");
    const std::span<float> by_prompt = read_floats(call[6], "pairwiseActive: byPrompt");
    const std::span<float> by_model = read_floats(call[7], "pairwiseActive: byModel");
    require_shape(prompt, rows, hidden, "pairwiseActive: prompt", "[rows, hidden]");
    require_shape(model, models, hidden, "pairwiseActive: model", "[models, hidden]");
    require_shape(gradient, rows, models, "pairwiseActive: gradient", "[rows, models]");
    require_shape(by_prompt, rows, hidden, "pairwiseActive: byPrompt", "[rows, hidden]");
    require_shape(by_model, models, hidden, "pairwiseActive: byModel", "[models, hidden]");
    for (const auto& [input, name] :
         {std::pair{prompt, "prompt"}, {model, "model"}, {gradient, "gradient"}}) {
      require_disjoint(by_prompt, "pairwiseActive: byPrompt", input, name);
      require_disjoint(by_model, "pairwiseActive: byModel", input, name);
    }
    require_disjoint(by_prompt, "pairwiseActive: byPrompt", by_model, "byModel");
    kernels().pairwise_active({
        .prompt = prompt.data(),
        .model = model.data(),
        .gradient = gradient.data(),
        .by_prompt = by_prompt.data(),
        .by_model = by_model.data(),
        .rows = rows,
        .models = models,
        .hidden = hidden,
    });
  });
}

float read_in_range(const Napi::Object& options, const char* name, float min, float end) {
  const std::string full_name = std::string("adamW: ") + name;
  const float value = read_finite(options.Get(name), full_name);
  if (value >= min && value < end) return value;
  throw Error(ErrorCode::kInvalidArgument, full_name + " is out of range: " + std::to_string(value));
}

AdamWArgs read_adamw_options(Napi::Value value) {
  constexpr float kMax = std::numeric_limits<float>::infinity();
  const Napi::Object options = read_object(value, "adamW: options");
  AdamWArgs args{};
  args.learning_rate = read_in_range(options, "learningRate", 0.0F, kMax);
  args.beta1 = read_in_range(options, "beta1", 0.0F, 1.0F);
  args.beta2 = read_in_range(options, "beta2", 0.0F, 1.0F);
  args.epsilon = read_in_range(options, "epsilon", std::numeric_limits<float>::min(), kMax);
  args.weight_decay = read_in_range(options, "weightDecay", 0.0F, kMax);
  args.step = read_count(options.Get("step"), "adamW: step");
  if (args.step == 0) throw Error(ErrorCode::kInvalidArgument, "adamW: step counts from 1, got 0");
  return args;
}

void adamw(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    AdamWArgs args = read_adamw_options(call[4]);  // first: its getters can detach the arrays
    static constexpr const char* kNames[] = {"param", "grad", "firstMoment", "secondMoment"};
    std::span<float> arrays[4];
    for (std::size_t index = 0; index < 4; ++index) {
      const std::string name = std::string("adamW: ") + kNames[index];
      arrays[index] = read_floats(call[index], name);
      require_shape(arrays[index], 1, arrays[0].size(), name, "[1, count]");
      for (std::size_t other = 0; other < index; ++other) {
        require_disjoint(arrays[index], name, arrays[other], kNames[other]);
      }
    }
    args.param = arrays[0].data();
    args.grad = arrays[1].data();
    args.first_moment = arrays[2].data();
    args.second_moment = arrays[3].data();
    args.count = arrays[0].size();
    kernels().adamw(args);
  });
}

}  // namespace

Napi::Object kernels_object(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("gemm", Napi::Function::New<gemm>(env, "gemm"));
  object.Set("softmaxRows", Napi::Function::New<softmax_rows>(env, "softmaxRows"));
  object.Set("activate", Napi::Function::New<activate>(env, "activate"));
  object.Set("accumulateRows", Napi::Function::New<accumulate_rows>(env, "accumulateRows"));
  object.Set("pairwiseHead", Napi::Function::New<pairwise_head>(env, "pairwiseHead"));
  object.Set("pairwiseActive", Napi::Function::New<pairwise_active>(env, "pairwiseActive"));
  object.Set("adamW", Napi::Function::New<adamw>(env, "adamW"));
  return object;
}

}  // namespace pointsman::binding
