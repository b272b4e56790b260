// Elementary functions for results that are rounded to bf16 (relative error 2^-9): shorter than those of
// kernels/simd/elementary.h. Errors are measured by test/native/bf16_kernels_test.cc.
#pragma once

#include <stddef.h>

#include "kernels/simd/elementary.h"

namespace pointsman::bf16 {

// x Phi(x), absolute error <= 4e-5: beyond 4.4 Phi is 1 or 0. Phi(x) - 1/2 = x P(x^2) with P the degree 8
// minimax polynomial of the error in x Phi(x) on |x| <= 4.4 (Lawson's iteration), in t = 2 x^2 / 4.4^2 - 1.
template <typename V>
inline typename V::Reg gelu(typename V::Reg x) {
  constexpr float kSaturated = 4.4F;
  static constexpr float kPolynomial[] = {2.75409554e-3F,  -7.88415736e-3F, 1.09879561e-2F,
                                          -1.59770203e-2F, 2.68021326e-2F,  -4.00892232e-2F,
                                          5.52505303e-2F,  -7.86123140e-2F, 1.60404420e-1F};
  const typename V::Reg above = V::max(V::splat(-kSaturated), x);
  const typename V::Reg inner = V::min(V::splat(kSaturated), above);
  const typename V::Reg t =
      V::fma(V::mul(inner, inner), V::splat(2.0F / (kSaturated * kSaturated)), V::splat(-1.0F));
  return V::mul(above, V::fma(inner, simd::polynomial<V>(t, kPolynomial), V::splat(0.5F)));
}

// 2^x for finite x <= 0, relative error <= 8e-5 (degree 3, minimax within half an octave of zero); zero far
// below, for which V::ldexp must take any exponent.
template <typename V>
inline typename V::Reg exp2(typename V::Reg x) {
  static constexpr float kPolynomial[] = {5.51713396e-2F, 2.42611167e-1F, 6.93261032e-1F, 9.99928072e-1F};
  const typename V::Reg n = V::round(x);
  return V::ldexp(simd::polynomial<V>(V::sub(x, n), kPolynomial), n);
}

}  // namespace pointsman::bf16
