#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"

namespace pointsman {
namespace {

class JoinHead final : public Head {
 public:
  JoinHead(JoinHeadSpec spec, std::size_t dimension)
      : members_(std::move(spec.members)), columns_(std::move(spec.columns)), dimension_(dimension) {}

  std::size_t dimension() const noexcept override { return dimension_; }
  std::size_t num_models() const noexcept override { return columns_.size(); }
  std::size_t num_floats() const noexcept override {
    std::size_t floats = 0;
    for (const auto& member : members_) floats += member->num_floats();
    return floats;
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    std::vector<float> scores;
    std::size_t first_column = 0;
    for (const auto& member : members_) {
      const std::size_t models = member->num_models();
      scores.resize(count * models);
      member->score(embeddings, count, scores);
      for (std::size_t i = 0; i < scores.size(); ++i)
        out[i / models * num_models() + columns_[first_column + i % models]] = scores[i];
      first_column += models;
    }
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part scores(program, num_models());
    std::uint32_t own = scores.at();
    for (const auto& member : members_) {
      member->compile(program, from, own);
      own += narrow_count(member->num_models());
    }
    const std::vector<float> columns(columns_.begin(), columns_.end());
    program.add({.kind = HeadStepKind::kScatter,
                 .from = scores.at(),
                 .to = to,
                 .outputs = narrow_count(num_models())},
                {columns});
  }

 private:
  std::vector<std::shared_ptr<const Head>> members_;
  std::vector<std::size_t> columns_;
  std::size_t dimension_;
};

// Every model of the result is given by exactly one column of one member.
void check_columns(const std::vector<std::size_t>& columns) {
  std::vector<bool> is_given(columns.size(), false);
  for (const std::size_t column : columns) {
    if (column < columns.size() && !is_given[column]) {
      is_given[column] = true;
      continue;
    }
    throw Error(ErrorCode::kInvalidArgument,
                "join head: columns: expected each of 0 to " + std::to_string(columns.size() - 1) +
                    " once, got " + std::to_string(column) +
                    (column < columns.size() ? " twice" : ", which is past the end"));
  }
}

}  // namespace

std::shared_ptr<const Head> make_head(JoinHeadSpec spec, const KernelTable&) {
  const std::size_t dimension = shared_dimension("join head", spec.members);
  std::size_t models = 0;
  for (const auto& member : spec.members) models += member->num_models();
  check_count("join head: columns", spec.columns.size(), models);
  check_columns(spec.columns);
  return std::make_shared<const JoinHead>(std::move(spec), dimension);
}

}  // namespace pointsman
