// How long the heads of a batch take on the GPU, and the same heads on one thread of the CPU.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "gpu/samples.h"
#include "model/heads.h"
#include "nlohmann/json.hpp"

namespace pointsman::bench {

struct HeadFigures {
  std::size_t prompts;
  double seconds;      // median; features sent to the device and scores back
  double cpu_seconds;  // median, one thread
};

// Heads of the size of the default router's: a pairwise network of 768 units over 784 features for 18 models,
// and a linear head of as many for costs.
class HeadBench {
 public:
  explicit HeadBench(int runs);

  // Throws std::runtime_error where the GPU's scores are not the CPU's to 1e-4. Before measure().
  void check();
  std::vector<HeadFigures> measure(Progress& progress);

 private:
  std::vector<float> score_on_gpu(std::size_t prompts) const;
  std::vector<float> score_on_cpu(std::size_t prompts) const;

  int runs_;
  std::vector<std::shared_ptr<const Head>> heads_;
  std::vector<float> features_;
  std::shared_ptr<void> on_device_;
  std::shared_ptr<void> lane_;
};

std::string heads_text(const std::vector<HeadFigures>& figures);
nlohmann::ordered_json heads_json(const std::vector<HeadFigures>& figures);

}  // namespace pointsman::bench
