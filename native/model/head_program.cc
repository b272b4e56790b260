#include "model/head_program.h"

#include <algorithm>

#include "model/heads.h"

namespace pointsman {

HeadProgram::HeadProgram(const Head& head, std::size_t dimension)
    : used_floats_(dimension), row_floats_(dimension), num_models_(head.num_models()) {
  const Part scores(*this, num_models_);
  scores_at_ = scores.at();
  head.compile(*this, 0, scores.at());
}

void HeadProgram::add(HeadStep step, std::initializer_list<std::span<const float>> values) {
  step.values = values_.size();
  for (const std::span<const float> part : values) values_.insert(values_.end(), part.begin(), part.end());
  if (step.nearest != 0) most_keys_ = std::max<std::size_t>(most_keys_, step.count);
  steps_.push_back(step);
}

// Parts are released in the opposite order, for they are local to the heads' functions.
HeadProgram::Part::Part(HeadProgram& program, std::size_t floats)
    : program_(program), at_(static_cast<std::uint32_t>(program.used_floats_)) {
  program.used_floats_ += floats;
  program.row_floats_ = std::max(program.row_floats_, program.used_floats_);
}

HeadProgram::Part::~Part() {
  program_.used_floats_ = at_;
}

}  // namespace pointsman
