// AMX: tiles of bf16 multiplied by the matrix unit (Intel SDM volume 1, chapter 18); all else is AVX-512.
#include <immintrin.h>

#include "kernels/bf16/avx512_bf16_vector.h"
#include "kernels/bf16/table.h"
#include "kernels/isa_tables.h"
#include "kernels/simd/table.h"

namespace pointsman {
namespace {

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfig kFullTiles;

// GCC's tile loads do not tell the compiler that they read memory.
inline void order_stores_before_tile_loads() {
  __asm__ volatile("" ::: "memory");
}

// Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 columns of B. A streams past (hence its loads' hint, 10
// to 15 % faster: the panel of B stays in L1), four sums keep the unit busy over its latency of 52 cycles,
// and the loads of a step take half the time of its products.
struct Amx {
  // Tiles are configured while a kernel runs and released after it: a thread with live tiles pays 8 KiB more
  // at every switch.
  struct Session {
    Session() { _tile_loadconfig(&kFullTiles); }
    ~Session() { _tile_release(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
  };

  template <size_t kRows, size_t kColumns, typename BeforeStep = bf16::Nothing>
  static void multiply(const bf16::TileProduct& product, BeforeStep before_step = {}) {
    order_stores_before_tile_loads();
    start<kRows, kColumns>(product.start);
    const Bf16* a = product.a;
    const Bf16* b = product.b;
    const size_t a_stride = product.a_row_stride * sizeof(Bf16);
    for (size_t step = 0; step < product.steps; ++step) {
      before_step(step);
      order_stores_before_tile_loads();
      _tile_stream_loadd(4, a, a_stride);
      _tile_loadd(6, b, 64);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (kColumns > 1) {
        _tile_loadd(7, b + product.b_right, 64);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (kRows > 1) {
        _tile_stream_loadd(5, a + product.a_down, a_stride);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (kColumns > 1) _tile_dpbf16ps(3, 5, 7);
      }
      a += product.a_step;
      b += product.b_step;
    }
    finish<kRows, kColumns>(product.sums);
  }

 private:
  template <size_t kRows, size_t kColumns>
  static void start(const bf16::SumTiles<const float>& from) {
    if (from.data == nullptr) {
      _tile_zero(0);
      if constexpr (kColumns > 1) _tile_zero(1);
      if constexpr (kRows > 1) _tile_zero(2);
      if constexpr (kRows > 1 && kColumns > 1) _tile_zero(3);
      return;
    }
    const size_t stride = from.row_stride * sizeof(float);
    _tile_loadd(0, from.data, stride);
    if constexpr (kColumns > 1) _tile_loadd(1, from.data + from.right, stride);
    if constexpr (kRows > 1) _tile_loadd(2, from.data + from.down, stride);
    if constexpr (kRows > 1 && kColumns > 1) _tile_loadd(3, from.data + from.down + from.right, stride);
  }

  template <size_t kRows, size_t kColumns>
  static void finish(const bf16::SumTiles<float>& to) {
    const size_t stride = to.row_stride * sizeof(float);
    _tile_stored(0, to.data, stride);
    if constexpr (kColumns > 1) _tile_stored(1, to.data + to.right, stride);
    if constexpr (kRows > 1) _tile_stored(2, to.data + to.down, stride);
    if constexpr (kRows > 1 && kColumns > 1) _tile_stored(3, to.data + to.down + to.right, stride);
  }
};

constexpr Bf16Kernels kAmxBf16 = bf16::make_table<Amx, Avx512Bf16>();

}  // namespace

constinit const KernelTable kAmxKernels = simd::make_table<Avx512>("amx", &kAmxBf16);

}  // namespace pointsman
