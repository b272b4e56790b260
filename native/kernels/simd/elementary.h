// Elementary functions on vectors. Errors are measured over the stated range by
// test/native/kernels_math_test.cc.
#pragma once

#include <stddef.h>

namespace pointsman::simd {

// Horner's rule, highest power first.
template <typename V, size_t kCount>
inline typename V::Reg polynomial(typename V::Reg x, const float (&coefficients)[kCount]) {
  typename V::Reg value = V::splat(coefficients[0]);
  for (size_t i = 1; i < kCount; ++i) value = V::fma(value, x, V::splat(coefficients[i]));
  return value;
}

// e^x, relative error <= 2e-7 where the result is normal; below that it is subnormal or zero, above it is
// +inf. x = n ln2 + r with |r| <= ln2 / 2; ln2 is split in two so that r keeps its bits (Cody and Waite
// 1980). The polynomial is that of Cephes' expf.
template <typename V>
inline typename V::Reg exp(typename V::Reg x) {
  constexpr float kLowest = -104.0F;  // e^x rounds to zero
  constexpr float kHighest = 89.0F;   // e^x overflows
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  static constexpr float kPolynomial[] = {1.9875691500e-4F, 1.3981999507e-3F, 8.3334519073e-3F,
                                          4.1665795894e-2F, 1.6666665459e-1F, 5.0000001201e-1F};
  x = V::min(V::splat(kHighest), V::max(V::splat(kLowest), x));
  const typename V::Reg n = V::round(V::mul(x, V::splat(kLog2E)));
  typename V::Reg r = V::fma(n, V::splat(-kLn2High), x);
  r = V::fma(n, V::splat(-kLn2Low), r);
  const typename V::Reg tail = V::fma(polynomial<V>(r, kPolynomial), V::mul(r, r), r);
  return V::ldexp(V::add(tail, V::splat(1.0F)), n);
}

// 1 / (1 + e^-x), absolute error <= 2e-7.
template <typename V>
inline typename V::Reg sigmoid(typename V::Reg x) {
  const typename V::Reg one = V::splat(1.0F);
  return V::div(one, V::add(one, exp<V>(V::sub(V::zero(), x))));
}

// Absolute error <= 2e-7 and relative error <= 4e-7: an odd polynomial (Cephes' tanhf) near zero, where
// 1 - 2 / (e^2|x| + 1) would cancel.
template <typename V>
inline typename V::Reg tanh(typename V::Reg x) {
  static constexpr float kPolynomial[] = {-5.70498872745e-3F, 2.06390887954e-2F, -5.37397155531e-2F,
                                          1.33314422036e-1F, -3.33332819422e-1F};
  const typename V::Reg square = V::mul(x, x);
  const typename V::Reg near_zero = V::fma(V::mul(polynomial<V>(square, kPolynomial), square), x, x);
  const typename V::Reg magnitude = V::abs(x);
  const typename V::Reg grown = V::add(exp<V>(V::add(magnitude, magnitude)), V::splat(1.0F));
  const typename V::Reg far = V::sub(V::splat(1.0F), V::div(V::splat(2.0F), grown));
  return V::select(V::less(magnitude, V::splat(0.625F)), near_zero, V::copy_sign(far, x));
}

// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, absolute error <= 1e-6; exactly x above 5.5 and exactly zero below
// -5.5. Phi(x) - 1/2 is odd, so it is x P(x^2). P is the degree 14 minimax polynomial of the error in x
// Phi(x) on |x| <= 5.5 (Lawson's iteration), in t = 2 x^2 / 5.5^2 - 1: in x^2 itself its terms would reach
// 1e6 and cancel.
template <typename V>
inline typename V::Reg gelu(typename V::Reg x) {
  constexpr float kSaturated = 5.5F;
  constexpr float kSquareToUnit = 2.0F / (kSaturated * kSaturated);
  static constexpr float kPolynomial[] = {4.28808038e-4F, -1.27530633e-3F, 1.34166400e-3F, -1.49289914e-3F,
                                          3.88048543e-3F, -7.39237061e-3F, 1.06612863e-2F, -1.48146078e-2F,
                                          2.02361774e-2F, -2.60776952e-2F, 3.20880823e-2F, -3.87908146e-2F,
                                          4.77367155e-2F, -6.41723722e-2F, 1.28551945e-1F};
  const typename V::Reg limit = V::splat(kSaturated);
  const typename V::Reg lowest = V::splat(-kSaturated);
  const typename V::Reg inner = V::min(limit, V::max(lowest, x));
  const typename V::Reg t = V::fma(V::mul(inner, inner), V::splat(kSquareToUnit), V::splat(-1.0F));
  const typename V::Reg phi = V::fma(inner, polynomial<V>(t, kPolynomial), V::splat(0.5F));
  return V::mul(x, V::select(V::less(x, lowest), V::zero(), phi));
}

}  // namespace pointsman::simd
