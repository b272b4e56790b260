// All heads of a batch in one launch: a block evaluates one head for four prompts, step by step. Numbers are
// float32 throughout, as on the CPU: a head is a thousandth of its encoder's work, and what it predicts was
// calibrated in them.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/row.cuh"

namespace pointsman::cuda {

inline constexpr int kHeadThreads = 256;
inline constexpr int kHeadWarps = kHeadThreads / kWarpSize;
inline constexpr int kUnits =
    4;  // outputs a warp sums side by side: four loads of a weight, four of a prompt
inline constexpr float kMostDeviations = 4.0F;  // as in model/standardised_head.cc
inline constexpr float kSmallestNorm = 1e-12F;  // as torch.nn.functional.normalize
inline constexpr float kLog2E = 1.44269504F;

// The rows of the block's prompts in shared memory, and a warp's place.
struct PromptRows {
  float* memory;
  int floats;  // of a row
  int warp;
  int lane;

  __device__ __forceinline__ float* at(int row, std::uint32_t part) const {
    return memory + row * floats + part;
  }
};

__device__ __forceinline__ int warp_sum(int value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, distance);
  }
  return value;
}

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, distance));
  }
  return value;
}

__device__ __forceinline__ float clamp_score(float x) {
  return fminf(fmaxf(x, 0.0F), 1.0F);
}

__device__ __forceinline__ float sigmoid(float x) {
  return 1.0F / (1.0F + exp2_approximate(-kLog2E * x));
}

__device__ __forceinline__ float activate(HeadActivation activation, float x) {
  if (activation == HeadActivation::kRelu) return fmaxf(x, 0.0F);
  if (activation == HeadActivation::kSigmoid) return sigmoid(x);
  if (activation == HeadActivation::kClamp) return clamp_score(x);
  return x;
}

// store(output, row, weight[output] · from of the row), once for every output and row.
template <typename Store>
__device__ __forceinline__ void multiply(const PromptRows& rows, const float* weight, int outputs, int inputs,
                                         std::uint32_t from, const Store& store) {
  for (int first = rows.warp * kUnits; first < outputs; first += kHeadWarps * kUnits) {
    float sums[kUnits][kHeadRows] = {};
    const float* units[kUnits];
#pragma unroll
    for (int unit = 0; unit < kUnits; ++unit) {
      units[unit] = weight + static_cast<std::size_t>(min(first + unit, outputs - 1)) * inputs;
    }
    for (int i = rows.lane; i < inputs; i += kWarpSize) {
      float x[kHeadRows];
#pragma unroll
      for (int row = 0; row < kHeadRows; ++row) x[row] = rows.at(row, from)[i];
#pragma unroll
      for (int unit = 0; unit < kUnits; ++unit) {
        const float w = units[unit][i];
#pragma unroll
        for (int row = 0; row < kHeadRows; ++row) sums[unit][row] += w * x[row];
      }
    }
    // Lane kHeadRows * unit + row stores that sum.
    float own = 0;
#pragma unroll
    for (int unit = 0; unit < kUnits; ++unit) {
#pragma unroll
      for (int row = 0; row < kHeadRows; ++row) {
        const float sum = warp_sum(sums[unit][row]);
        if (rows.lane == kHeadRows * unit + row) own = sum;
      }
    }
    const int output = first + rows.lane / kHeadRows;
    if (rows.lane < kUnits * kHeadRows && output < outputs) store(output, rows.lane % kHeadRows, own);
  }
}

// visit(row, output) for every element of a part of that width, by one thread each.
template <typename Visit>
__device__ __forceinline__ void for_each_output(int outputs, const Visit& visit) {
  for (int i = static_cast<int>(threadIdx.x); i < kHeadRows * outputs; i += kHeadThreads) {
    visit(i / outputs, i % outputs);
  }
}

__device__ __forceinline__ void run_dense(const PromptRows& rows, const HeadStep& step, const float* values) {
  const auto inputs = static_cast<int>(step.inputs);
  const auto outputs = static_cast<int>(step.outputs);
  const float* bias = values + static_cast<std::size_t>(inputs) * outputs;
  multiply(rows, values, outputs, inputs, step.from, [&](int output, int row, float sum) {
    sum += bias[output];
    if (step.also != kNowhere) sum += rows.at(row, step.also)[output];
    rows.at(row, step.to)[output] = activate(step.activation, sum);
  });
}

__device__ __forceinline__ void run_standardise(const PromptRows& rows, const HeadStep& step,
                                                const float* values) {
  if (rows.warp >= kHeadRows) return;
  const auto inputs = static_cast<int>(step.inputs);
  const float* x = rows.at(rows.warp, step.from);
  float* y = rows.at(rows.warp, step.to);
  float squares = 0;
  for (int i = rows.lane; i < inputs; i += kWarpSize) {
    const float deviations = (x[i] - values[i]) * values[inputs + i];
    const float value = fminf(fmaxf(deviations, -kMostDeviations), kMostDeviations) * values[2 * inputs + i];
    squares += value * value;
    y[i] = value;
  }
  const float scale = 1.0F / fmaxf(sqrtf(warp_sum(squares)), kSmallestNorm);
  for (int i = rows.lane; i < inputs; i += kWarpSize) y[i] *= scale;
}

// u · relu(prompt + part), for all lanes.
__device__ __forceinline__ float pair_logit(const float* prompt, const float* part, const float* u, int size,
                                            int lane) {
  float sum = 0;
  for (int i = lane; i < size; i += kWarpSize) sum += u[i] * fmaxf(prompt[i] + part[i], 0.0F);
  return warp_sum(sum);
}

__device__ __forceinline__ void run_pairwise(const PromptRows& rows, const HeadStep& step,
                                             const float* values) {
  const auto hidden = static_cast<int>(step.inputs);
  const auto models = static_cast<int>(step.outputs);
  const float* u = values + static_cast<std::size_t>(models) * hidden;
  const float* bias = u + hidden;
  for (int pair = rows.warp; pair < kHeadRows * models; pair += kHeadWarps) {
    const int model = pair / kHeadRows;
    const int row = pair % kHeadRows;
    const float* part = values + static_cast<std::size_t>(model) * hidden;
    const float logit = pair_logit(rows.at(row, step.from), part, u, hidden, rows.lane) + bias[model];
    if (rows.lane == 0) rows.at(row, step.to)[model] = activate(step.activation, logit);
  }
}

// The largest logit's index, the first of equals, or `tasks` where its softmax is below `confidence`.
__device__ __forceinline__ int task_of(const float* logits, int tasks, float confidence, int lane) {
  float largest = -INFINITY;
  int task = 0;
  for (int i = lane; i < tasks; i += kWarpSize) {
    if (logits[i] > largest) {
      largest = logits[i];
      task = i;
    }
  }
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, largest, distance);
    const int other_task = __shfl_xor_sync(kAllLanes, task, distance);
    if (other > largest || (other == largest && other_task < task)) {
      largest = other;
      task = other_task;
    }
  }
  float sum = 0;
  for (int i = lane; i < tasks; i += kWarpSize) sum += exp2_approximate(kLog2E * (logits[i] - largest));
  return 1.0F >= confidence * warp_sum(sum) ? task : tasks;
}

// A model's score is written and read by one lane.
__device__ __forceinline__ void run_experts(const PromptRows& rows, const HeadStep& step,
                                            const float* values) {
  if (rows.warp >= kHeadRows) return;
  const auto hidden = static_cast<int>(step.inputs);
  const auto models = static_cast<int>(step.outputs);
  const auto tasks = static_cast<int>(step.count);
  const float* first_expert = values + hidden;
  const float* prior = first_expert + tasks + 1;
  const float* expert_model = prior + static_cast<std::size_t>(tasks + 1) * models;
  const auto experts = static_cast<int>(first_expert[tasks]);
  const float* expert_bias = expert_model + experts;
  const float* expert_part = expert_bias + experts;
  const float* prompt = rows.at(rows.warp, step.from);
  float* scores = rows.at(rows.warp, step.to);

  const int task = task_of(rows.at(rows.warp, step.also), tasks, step.scalars[0], rows.lane);
  const int end = task < tasks ? static_cast<int>(first_expert[task + 1]) : 0;
  for (int expert = task < tasks ? static_cast<int>(first_expert[task]) : 0; expert < end; ++expert) {
    const float* part = expert_part + static_cast<std::size_t>(expert) * hidden;
    const float logit = pair_logit(prompt, part, values, hidden, rows.lane) + expert_bias[expert];
    const auto model = static_cast<int>(expert_model[expert]);
    if (rows.lane == model % kWarpSize) scores[model] = logit;
  }
  const float alpha = step.scalars[1];
  for (int model = rows.lane; model < models; model += kWarpSize) {
    const float share = (1.0F - alpha) * prior[static_cast<std::size_t>(task) * models + model];
    scores[model] = clamp_score(alpha * sigmoid(scores[model]) + share);
  }
}

__device__ __forceinline__ void run_weighted_sum(const PromptRows& rows, const HeadStep& step,
                                                 const float* values) {
  const auto outputs = static_cast<int>(step.outputs);
  for_each_output(outputs, [&](int row, int output) {
    const float* from = rows.at(row, step.from) + output;
    float sum = 0;
    for (int i = 0; i < static_cast<int>(step.count); ++i) sum += values[i] * from[i * outputs];
    rows.at(row, step.to)[output] = clamp_score(sum);
  });
}

__device__ __forceinline__ void run_calibrate(const PromptRows& rows, const HeadStep& step,
                                              const float* values) {
  const auto knots = static_cast<int>(step.count);
  for_each_output(static_cast<int>(step.outputs), [&](int row, int output) {
    const float* curve = values + static_cast<std::size_t>(output) * knots;
    const float position = rows.at(row, step.from)[output] * static_cast<float>(knots - 1);
    const int below = min(static_cast<int>(position), knots - 2);
    const float share = position - static_cast<float>(below);
    rows.at(row, step.to)[output] = clamp_score(curve[below] + share * (curve[below + 1] - curve[below]));
  });
}

// What multiply_keys leaves of one prompt: its inner products with every key.
struct Similarities {
  const float* values;
  int keys;
  int lane;
};

__device__ __forceinline__ void multiply_keys(const PromptRows& rows, const HeadStep& step,
                                              const float* values, float* similarities) {
  const auto keys = static_cast<int>(step.count);
  multiply(rows, values, keys, static_cast<int>(step.inputs), step.from, [&](int key, int row, float sum) {
    similarities[static_cast<std::size_t>(row) * keys + key] = sum;
  });
  __syncthreads();
}

// Integers in the order of the floats.
__device__ __forceinline__ unsigned order_of(float x) {
  const unsigned bits = __float_as_uint(x + 0.0F);  // -0 and 0 are equal
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

// How many similarities are of this order or above it.
__device__ __forceinline__ int count_from(const Similarities& of, unsigned order) {
  int count = 0;
  for (int key = of.lane; key < of.keys; key += kWarpSize) count += order_of(of.values[key]) >= order ? 1 : 0;
  return warp_sum(count);
}

// visit(key, similarity) for the `nearest` keys of the largest similarities, in ascending order of keys, by
// all lanes together; of equals the first keys.
template <typename Visit>
__device__ __forceinline__ void for_each_nearest(const Similarities& of, int nearest, const Visit& visit) {
  unsigned least = 0;  // bit by bit the largest order that enough similarities reach
  for (unsigned bit = 0x80000000U; bit != 0; bit >>= 1) {
    if (count_from(of, least | bit) >= nearest) least |= bit;
  }
  int equals = nearest - count_from(of, least + 1);  // to be visited
  for (int first = 0; first < of.keys; first += kWarpSize) {
    const int key = first + of.lane;
    const unsigned order = key < of.keys ? order_of(of.values[key]) : 0;
    const unsigned at_least = __ballot_sync(kAllLanes, order == least);
    const int before = __popc(at_least & ((1U << of.lane) - 1));
    unsigned chosen = __ballot_sync(kAllLanes, order > least || (order == least && before < equals));
    equals -= min(equals, __popc(at_least));
    while (chosen != 0) {
      const int next = first + __ffs(static_cast<int>(chosen)) - 1;
      chosen &= chosen - 1;
      visit(next, of.values[next]);
    }
  }
}

// A model's sum and weight are written and read by one lane.
__device__ __forceinline__ void run_neighbours(const PromptRows& rows, const HeadStep& step,
                                               const float* values, float* similarities) {
  multiply_keys(rows, step, values, similarities);
  if (rows.warp >= kHeadRows) return;
  const auto models = static_cast<int>(step.outputs);
  const auto keys = static_cast<int>(step.count);
  const float* stored = values + static_cast<std::size_t>(keys) * step.inputs;
  const float* prior = stored + static_cast<std::size_t>(keys) * models;
  const Similarities own = {similarities + static_cast<std::size_t>(rows.warp) * keys, keys, rows.lane};
  float* sums = rows.at(rows.warp, step.to);
  float* weights = rows.at(rows.warp, step.also);
  const float temperature = step.scalars[0];
  const float prior_weight = step.scalars[1];

  float largest = -INFINITY;
  for (int key = rows.lane; key < keys; key += kWarpSize) largest = fmaxf(largest, own.values[key]);
  largest = warp_max(largest);
  for (int model = rows.lane; model < models; model += kWarpSize) {
    sums[model] = prior_weight * prior[model];
    weights[model] = prior_weight;
  }
  for_each_nearest(own, static_cast<int>(step.nearest), [&](int key, float similarity) {
    const float weight =
        temperature == 0.0F ? 1.0F : exp2_approximate(kLog2E * ((similarity - largest) / temperature));
    for (int model = rows.lane; model < models; model += kWarpSize) {
      const float score = stored[static_cast<std::size_t>(key) * models + model];
      if (score != score) continue;  // not run
      sums[model] += weight * score;
      weights[model] += weight;
    }
  });
  for (int model = rows.lane; model < models; model += kWarpSize) {
    const float weight = weights[model];
    sums[model] = clamp_score(weight > 0.0F ? sums[model] / weight : prior[model]);
  }
}

// The curve through `points` at x, flat beyond both ends.
__device__ __forceinline__ float interpolate(const float* at, const float* curve, int points, float x) {
  int right = 0;
  while (right < points && at[right] < x) ++right;
  if (right == 0) return curve[0];
  if (right == points) return curve[points - 1];
  const float share = (x - at[right - 1]) / (at[right] - at[right - 1]);
  return curve[right - 1] + share * (curve[right] - curve[right - 1]);
}

__device__ __forceinline__ void run_familiar(const PromptRows& rows, const HeadStep& step,
                                             const float* values, float* similarities) {
  multiply_keys(rows, step, values, similarities);
  if (rows.warp >= kHeadRows) return;
  const auto models = static_cast<int>(step.outputs);
  const auto keys = static_cast<int>(step.count);
  const auto points = static_cast<int>(step.points);
  const auto nearest = static_cast<int>(step.nearest);
  const float* at = values + static_cast<std::size_t>(keys) * step.inputs;
  const float* fallback = at + 2 * points;
  const Similarities own = {similarities + static_cast<std::size_t>(rows.warp) * keys, keys, rows.lane};

  float sum = 0;
  for_each_nearest(own, nearest, [&](int, float similarity) { sum += similarity; });
  const float trust = interpolate(at, at + points, points, sum / static_cast<float>(nearest));
  if (trust == 1.0F) return;  // bit for bit
  float* scores = rows.at(rows.warp, step.to);
  float beyond = 0;  // the mean of what the scores say beyond the fallback
  for (int model = rows.lane; model < models; model += kWarpSize) beyond += scores[model] - fallback[model];
  beyond = warp_sum(beyond) / static_cast<float>(models);
  for (int model = rows.lane; model < models; model += kWarpSize) {
    const float base = fallback[model] + beyond;
    scores[model] = clamp_score(base + trust * (scores[model] - base));
  }
}

__device__ __forceinline__ void run_step(const PromptRows& rows, const HeadStep& step, const float* values,
                                         float* similarities) {
  switch (step.kind) {
    case HeadStepKind::kConstant:
      return for_each_output(static_cast<int>(step.outputs),
                             [&](int row, int output) { rows.at(row, step.to)[output] = values[output]; });
    case HeadStepKind::kDense:
      return run_dense(rows, step, values);
    case HeadStepKind::kStandardise:
      return run_standardise(rows, step, values);
    case HeadStepKind::kPairwise:
      return run_pairwise(rows, step, values);
    case HeadStepKind::kExperts:
      return run_experts(rows, step, values);
    case HeadStepKind::kWeightedSum:
      return run_weighted_sum(rows, step, values);
    case HeadStepKind::kCalibrate:
      return run_calibrate(rows, step, values);
    case HeadStepKind::kScatter:
      return for_each_output(static_cast<int>(step.outputs), [&](int row, int output) {
        rows.at(row, step.to)[static_cast<int>(values[output])] = rows.at(row, step.from)[output];
      });
    case HeadStepKind::kNeighbours:
      return run_neighbours(rows, step, values, similarities);
    case HeadStepKind::kFamiliar:
      return run_familiar(rows, step, values, similarities);
  }
}

__global__ void __launch_bounds__(kHeadThreads, 2) heads_kernel(HeadsArgs args) {
  const int first = static_cast<int>(blockIdx.x) * kHeadRows;
  const int rows_there = args.num_prompts - first;
  const DeviceHead head = args.heads[blockIdx.y];
  const PromptRows rows = {reinterpret_cast<float*>(shared_memory()), head.row_floats,
                           static_cast<int>(threadIdx.x) / kWarpSize,
                           static_cast<int>(threadIdx.x) % kWarpSize};
  const std::size_t block = static_cast<std::size_t>(blockIdx.y) * args.blocks_per_head + blockIdx.x;
  float* const similarities = args.similarities + block * kHeadRows * args.most_keys;

  // A row past the end is a prompt of zeros, whose scores are not stored.
  for_each_output(args.dimension, [&](int row, int column) {
    const float* from = args.features + static_cast<std::size_t>(first) * args.dimension;
    rows.at(row, 0)[column] = row < rows_there ? from[row * args.dimension + column] : 0.0F;
  });
  __syncthreads();
  for (int i = 0; i < head.num_steps; ++i) {
    const HeadStep& step = head.steps[i];
    run_step(rows, step, head.values + step.values, similarities);
    __syncthreads();
  }
  float* const out = args.scores + static_cast<std::size_t>(first) * args.num_scores + head.first_score;
  for_each_output(head.num_models, [&](int row, int model) {
    if (row >= rows_there) return;
    out[static_cast<std::size_t>(row) * args.num_scores + model] = rows.at(row, head.scores_at)[model];
  });
}

std::size_t allow_memory_for_heads() {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "reading the properties of the GPU");
  const std::size_t bytes = properties.sharedMemPerBlockOptin;
  check(cudaFuncSetAttribute(reinterpret_cast<const void*>(&heads_kernel),
                             cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "asking for a block's memory");
  return bytes;
}

void launch_heads(const HeadsArgs& args, std::size_t num_heads, std::size_t row_floats, cudaStream_t stream) {
  const LaunchShape shape{
      .grid = dim3(static_cast<unsigned>(args.blocks_per_head), static_cast<unsigned>(num_heads)),
      .threads = kHeadThreads,
      .shared_bytes = head_shared_bytes(row_floats)};
  launch(&heads_kernel, "heads", shape, stream, args);
}

}  // namespace pointsman::cuda
