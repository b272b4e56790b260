// Writing down a head's steps: see head_step.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "model/head_step.h"

namespace pointsman {

class Head;

class HeadProgram {
 public:
  // Of a head whose input has `dimension` floats.
  HeadProgram(const Head& head, std::size_t dimension);

  std::span<const HeadStep> steps() const noexcept { return steps_; }
  std::span<const float> values() const noexcept { return values_; }
  std::size_t row_floats() const noexcept { return row_floats_; }  // of a prompt's row
  std::size_t scores_at() const noexcept { return scores_at_; }    // in it
  std::size_t num_models() const noexcept { return num_models_; }
  std::size_t most_keys() const noexcept { return most_keys_; }  // similarities a step needs room for

  // For Head::compile.

  // A part of the row, until it is released.
  class Part {
   public:
    Part(HeadProgram& program, std::size_t floats);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    std::uint32_t at() const noexcept { return at_; }

   private:
    HeadProgram& program_;
    std::uint32_t at_;
  };

  // Appends the step with its values.
  void add(HeadStep step, std::initializer_list<std::span<const float>> values);

 private:
  std::vector<HeadStep> steps_;
  std::vector<float> values_;
  std::size_t used_floats_;
  std::size_t row_floats_;
  std::size_t scores_at_ = 0;
  std::size_t num_models_;
  std::size_t most_keys_ = 0;
};

}  // namespace pointsman
