// Heads: embeddings to one score per model. Immutable, thread-safe, shared by every thread of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "kernels/select.h"
#include "model/head_program.h"

namespace pointsman {

// The same scores for every prompt.
struct ConstantHeadSpec {
  std::vector<float> scores;  // [models]
};

// score = weight·e + bias.
struct LinearHeadSpec {
  std::size_t dimension;
  std::vector<float> weight;  // [models, dimension]
  std::vector<float> bias;    // [models]
};

// IPR's pairwise head with its first layer split: score = sigmoid(bias_c + u·relu(W e + m_c)), where
// m_c = W_z z_c + b was computed beforehand, so that many models do not cost many passes.
struct PairwiseHeadSpec {
  std::size_t dimension;
  std::size_t hidden;
  std::vector<float> prompt_weight;  // W [hidden, dimension]
  std::vector<float> model_part;     // m [models, hidden]
  std::vector<float> out_weight;     // u [hidden]
  std::vector<float> out_bias;       // [models]
};

// A dense layer; `bias` states how many outputs it has.
struct DenseLayer {
  std::vector<float> weight;  // [outputs, inputs]
  std::vector<float> bias;    // [outputs]
};

// A multi-output network: x_0 = e, x_{i+1} = relu(W_i x_i + b_i), score = sigmoid of the last layer's, which
// has an output per model. A single layer is logistic regression.
struct MlpHeadSpec {
  std::size_t dimension;
  std::vector<DenseLayer> layers;  // each takes as many inputs as the one before has outputs
};

// k nearest stored prompts by inner product; score = (sum w_i s_ic + prior_weight * prior_c) / (sum w_i +
// prior_weight) over the neighbours where model c was run, prior_c where none was and prior_weight is 0. w_i
// = exp((similarity_i - similarity_max) / temperature), or 1 when temperature is 0. A NaN in `scores` is a
// missing cell. Of equally similar prompts the lower row is the nearer; a k above the number of rows takes
// them all.
struct NeighbourHeadSpec {
  std::size_t dimension;
  std::size_t k;
  float temperature;
  float prior_weight;
  std::vector<float> keys;    // [rows, dimension]
  std::vector<float> scores;  // [rows, models]
  std::vector<float> prior;   // [models]
};

// score = sum w_k s_k over heads of the same models; those that look at the prompt share one dimension.
struct StackHeadSpec {
  std::vector<std::shared_ptr<const Head>> members;
  std::vector<float> weights;  // [members], not negative
};

// score = curve_c(s_c): per model a piecewise linear map of another head's score, its knots evenly spaced
// from 0 to 1.
struct CalibratedHeadSpec {
  std::shared_ptr<const Head> inner;
  std::size_t knots;         // at least 2
  std::vector<float> curve;  // [models, knots], never falling along the knots
};

// Another head's score of normalise(clamp((x - mean) * scale, -4, 4) * weight), element by element, divided
// by its L2 norm: features of different kinds brought to one scale.
struct StandardisedHeadSpec {
  std::shared_ptr<const Head> inner;
  std::vector<float> mean;    // [dimension]
  std::vector<float> scale;   // [dimension], one over the standard deviation
  std::vector<float> weight;  // [dimension]
};

// Another head's score of P x.
struct ProjectedHeadSpec {
  std::shared_ptr<const Head> inner;
  std::size_t dimension;
  std::vector<float> projection;  // P [inner's dimension, dimension]
};

// The models of several heads side by side: column j of the members' scores, counted through all of them,
// is model columns[j]. Members that look at the prompt share one dimension.
struct JoinHeadSpec {
  std::vector<std::shared_ptr<const Head>> members;
  std::vector<std::size_t> columns;  // [models of all members], each of 0 to models - 1 once
};

// score = weight·s + bias over the scores s of another head. A row of zeros with a single 1 hands a score
// through, bit for bit.
struct MixHeadSpec {
  std::shared_ptr<const Head> inner;
  std::vector<float> weight;  // [models, models of inner]
  std::vector<float> bias;    // [models]
};

// Another head on adapted prompts, x' = x + up·relu(down·x + down_bias): a bottleneck residual adapter
// (Houlsby et al. 2019), as IPR puts before a model that is added to a frozen router (arXiv 2509.06274).
struct AdapterHeadSpec {
  std::shared_ptr<const Head> inner;
  std::size_t dimension;
  std::size_t bottleneck;
  std::vector<float> down_weight;  // [bottleneck, dimension]
  std::vector<float> down_bias;    // [bottleneck]
  std::vector<float> up_weight;    // [dimension, bottleneck]
};

// Another head's scores, whose differences are drawn towards those of fixed scores where the prompt is unlike
// the stored ones: score_c = f_c + b + t * (s_c - f_c - b), where b is the mean of s_c - f_c over models and
// t is read off a curve at the mean of the k largest inner products of P x with the keys (of all where there
// are fewer).
struct FamiliarHeadSpec {
  std::shared_ptr<const Head> inner;
  std::size_t dimension;
  std::size_t k;
  std::vector<float> projection;    // P [components, dimension]
  std::vector<float> keys;          // [rows, components]
  std::vector<float> similarities;  // [points], ascending; the curve is flat beyond both ends
  std::vector<float> trust;         // [points], in [0, 1]
  std::vector<float> fallback;      // f [models]
};

// FineRouter's mixture of experts (arXiv 2603.19415) on IPR's pairwise network. A prompt's task is that of
// the largest of the logits task_weight·e + task_bias where its softmax is at least `confidence`, else none:
// the last row of `prior`. score_c = alpha * sigmoid(b + u·relu(W e + m)) + (1 - alpha) * prior[task][c],
// where m and b are those of the task's expert for model c where it has one, else the model's own.
struct ExpertsHeadSpec {
  PairwiseHeadSpec general;
  std::vector<float> task_weight;          // [tasks, dimension]
  std::vector<float> task_bias;            // [tasks]
  float confidence;                        // in [0, 1]
  std::vector<std::size_t> expert_counts;  // [tasks]
  std::vector<std::size_t> expert_models;  // [experts], those of the first task first; a model once a task
  std::vector<float> expert_part;          // [experts, hidden]
  std::vector<float> expert_bias;          // [experts]
  float alpha;                             // in [0, 1]
  std::vector<float> prior;                // [tasks + 1, models]
};

using HeadSpec =
    std::variant<ConstantHeadSpec, LinearHeadSpec, PairwiseHeadSpec, MlpHeadSpec, NeighbourHeadSpec,
                 StackHeadSpec, CalibratedHeadSpec, StandardisedHeadSpec, ProjectedHeadSpec, JoinHeadSpec,
                 MixHeadSpec, AdapterHeadSpec, FamiliarHeadSpec, ExpertsHeadSpec>;

class Head {
 public:
  // Checks every size against the others and every value for NaN and infinity; throws kInvalidArgument.
  static std::shared_ptr<const Head> create(HeadSpec spec, const KernelTable& table = kernels());
  virtual ~Head() = default;

  virtual std::size_t dimension() const noexcept = 0;  // 0: any (constant head)
  virtual std::size_t num_models() const noexcept = 0;
  // Parameters it holds, those of heads inside it included.
  virtual std::size_t num_floats() const noexcept = 0;

  // embeddings [count, dimension], out [count, num_models], clamped to [0, 1]. Throws kInvalidArgument when
  // a size is wrong or an embedding is not finite. A row's scores do not depend on the other rows.
  virtual void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const = 0;

  // Appends the steps that leave at `to` of a prompt's row the scores of the input that stands at `from`.
  virtual void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const = 0;
};

}  // namespace pointsman
