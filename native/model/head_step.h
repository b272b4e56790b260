// A head as a list of steps, each the size of a layer: what a device evaluates without knowing kinds of
// heads. Plain data: it crosses to libpointsman_cuda.so as it is.
//
// A prompt has a row of floats. The head's input stands at its beginning; a step reads and writes parts of
// the row, named by their first element, and the last step leaves the scores. A step's parameters stand one
// after the other in the program's values; counts and indices among them are floats too, below 2^24.
#pragma once

#include <cstdint>

namespace pointsman {

enum class HeadStepKind : std::uint32_t {
  kConstant,  // to = values. Values: [outputs]
  // to = activation(W · from + b), with `also` of the row added where it is not kNowhere. Values: W [outputs,
  // inputs], b [outputs]
  kDense,
  // to = y / |y|, y = clamp((from - mean) * scale, -4, 4) * weight. Values: mean, scale, weight [inputs]
  kStandardise,
  // to_c = activation(b_c + u · relu(from + m_c)). Values: m [outputs, inputs], u [inputs], b [outputs]
  kPairwise,
  // to: from what kPairwise left there without activation to scores, see ExpertsHeadSpec. from: the prompt
  // part [inputs]; also: logits of the tasks [count]; scalars: confidence, alpha. Values: u [inputs], first
  // expert [count + 1], prior [count + 1, outputs]; then of every expert its model, its bias and its part
  // [inputs], each of these three for all experts
  kExperts,
  kWeightedSum,  // to = clamp(sum of values[i] * from[i * outputs ...]). Values: [count]
  kCalibrate,    // to_c = clamp(curve_c(from_c)). Values: curve [outputs, count]
  kScatter,      // to[values[i]] = from[i]. Values: [outputs]
  // to: NeighbourHeadSpec of `count` rows and k = nearest; also: as many floats as `outputs`, to work in;
  // scalars: temperature, prior weight. Values: keys [count, inputs], scores [count, outputs], prior
  // [outputs]
  kNeighbours,
  // to: drawn as in FamiliarHeadSpec, of `count` rows, k = nearest and as many points. from: the projected
  // prompt. Values: keys [count, inputs], similarities [points], trust [points], fallback [outputs]
  kFamiliar,
};

enum class HeadActivation : std::uint32_t { kNone, kRelu, kSigmoid, kClamp };  // kClamp: to [0, 1]

inline constexpr std::uint32_t kNowhere = 0xFFFFFFFFU;

struct HeadStep {
  HeadStepKind kind = HeadStepKind::kConstant;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t also = kNowhere;
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  std::uint32_t count = 0;
  std::uint32_t nearest = 0;
  std::uint32_t points = 0;
  HeadActivation activation = HeadActivation::kNone;
  float scalars[2] = {};
  std::uint64_t values = 0;  // where its values begin

  bool operator==(const HeadStep&) const = default;
};

}  // namespace pointsman
