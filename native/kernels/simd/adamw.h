// AdamW (Loshchilov and Hutter 2019, algorithm 2) with the moments' bias corrected as in Kingma and Ba 2015.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

template <typename V>
void adamw(const AdamWArgs& args) {
  using Reg = typename V::Reg;
  const double step = static_cast<double>(args.step);
  const double first_correction = 1.0 - __builtin_pow(static_cast<double>(args.beta1), step);
  const double second_correction = 1.0 - __builtin_pow(static_cast<double>(args.beta2), step);
  const Reg step_size =
      V::splat(static_cast<float>(-static_cast<double>(args.learning_rate) / first_correction));
  const Reg inverse_second = V::splat(static_cast<float>(1.0 / second_correction));
  const Reg decay = V::splat(-args.learning_rate * args.weight_decay);
  const Reg beta1 = V::splat(args.beta1);
  const Reg beta2 = V::splat(args.beta2);
  const Reg rest1 = V::splat(1.0F - args.beta1);
  const Reg rest2 = V::splat(1.0F - args.beta2);
  const Reg epsilon = V::splat(args.epsilon);
  for_each_vector<V>(args.count, [&](size_t i, auto lanes) {
    const Reg grad = V::load(args.grad + i, lanes);
    const Reg first = V::fma(beta1, V::load(args.first_moment + i, lanes), V::mul(rest1, grad));
    const Reg second =
        V::fma(beta2, V::load(args.second_moment + i, lanes), V::mul(rest2, V::mul(grad, grad)));
    const Reg direction = V::div(first, V::add(V::sqrt(V::mul(second, inverse_second)), epsilon));
    V::store(args.first_moment + i, first, lanes);
    V::store(args.second_moment + i, second, lanes);
    const Reg param = V::load(args.param + i, lanes);
    // param + decay * param, for 1 + decay keeps few bits of a decay of 1e-6 or so.
    V::store(args.param + i, V::fma(step_size, direction, V::fma(decay, param, param)), lanes);
  });
}

}  // namespace pointsman::simd
