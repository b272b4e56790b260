// Operations of a warp by their documented register layouts.
#include "cuda/ptx.cuh"
#include "cuda_emulation/access.h"

namespace pointsman::cuda {
namespace {

using cuda_emulation::Block;
using Lanes = std::span<void* const, 32>;

constexpr std::uint32_t kAllLanes = 0xFFFFFFFFU;

struct Matrices {
  const std::uint16_t* row;
  std::uint32_t* to;
};

// Lane 8 j + r brings row r of matrix j. Of matrix j, lane l gets elements 2 (l % 4) and the next of row l /
// 4; transposed, elements l / 4 of rows 2 (l % 4) and the next.
template <bool kTransposed>
void load_matrices(Lanes lanes) {
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
      const auto element = [&](unsigned row, unsigned column) -> std::uint32_t {
        return static_cast<const Matrices*>(lanes[8 * matrix + row])->row[column];
      };
      const unsigned across = lane / 4;
      const unsigned along = 2 * (lane % 4);
      static_cast<Matrices*>(lanes[lane])->to[matrix] =
          kTransposed ? element(along, across) | element(along + 1, across) << 16
                      : element(across, along) | element(across, along + 1) << 16;
    }
  }
}

template <bool kTransposed>
void meet_for_matrices(std::uint32_t (&to)[4], const void* row, const void* caller) {
  Block& block = Block::current();
  const auto* byte = static_cast<const std::byte*>(row);
  if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0)
    block.fault("ldmatrix of a row that is not aligned to 16 bytes");
  if (byte < block.shared() || byte + 16 > block.shared() + block.shared_bytes()) {
    block.fault("ldmatrix of a row outside the shared memory of the block");
  }
  cuda_emulation::note_read(row, 16, caller);
  Matrices own{static_cast<const std::uint16_t*>(row), to};
  block.meet_warp(&load_matrices<kTransposed>, kAllLanes, &own);
}

struct Product {
  float* sum;
  const std::uint32_t* a;
  std::uint32_t b0;
  std::uint32_t b1;
};

// With g = lane / 4 and t = lane % 4: a holds A[g][2t], A[g + 8][2t], A[g][2t + 8], A[g + 8][2t + 8], each
// with its right neighbour; b holds B[2t][g] and B[2t + 8][g] with the lower neighbour; sum C[g][2t], C[g][2t
// + 1] and the same of row g + 8.
template <typename T>
void multiply(Lanes lanes) {
  float a[16][16];
  float b[16][8];
  for (unsigned lane = 0; lane < 32; ++lane) {
    const auto& own = *static_cast<const Product*>(lanes[lane]);
    const unsigned g = lane / 4;
    const unsigned t = 2 * (lane % 4);
    for (unsigned part = 0; part < 4; ++part) {
      const float2 pair = widen<T>(own.a[part]);
      float* to = &a[g + 8 * (part % 2)][t + 8 * (part / 2)];
      to[0] = pair.x;
      to[1] = pair.y;
    }
    const float2 upper = widen<T>(own.b0);
    const float2 lower = widen<T>(own.b1);
    b[t][g] = upper.x;
    b[t + 1][g] = upper.y;
    b[t + 8][g] = lower.x;
    b[t + 9][g] = lower.y;
  }
  float c[16][8] = {};
  for (unsigned i = 0; i < 16; ++i) {
    for (unsigned k = 0; k < 16; ++k) {
      for (unsigned j = 0; j < 8; ++j) c[i][j] += a[i][k] * b[k][j];
    }
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    float* sum = static_cast<const Product*>(lanes[lane])->sum;
    const unsigned g = lane / 4;
    const unsigned t = 2 * (lane % 4);
    sum[0] += c[g][t];
    sum[1] += c[g][t + 1];
    sum[2] += c[g + 8][t];
    sum[3] += c[g + 8][t + 1];
  }
}

}  // namespace

std::byte* shared_memory() {
  return Block::current().shared();
}

void cp_async16(void* to, const void* from, bool is_there) {
  Block& block = Block::current();
  auto* byte = static_cast<std::byte*>(to);
  if (byte < block.shared() || byte + 16 > block.shared() + block.shared_bytes()) {
    block.fault("cp.async to outside the shared memory of the block");
  }
  block.copy_async(byte, static_cast<const std::byte*>(from), is_there ? 16 : 0, __builtin_return_address(0));
}

void cp_async_commit() {
  Block::current().commit_copies();
}

void cp_async_wait_groups(std::size_t in_flight) {
  Block::current().wait_for_copies(in_flight);
}

void ldmatrix_x4(std::uint32_t (&to)[4], const void* row) {
  meet_for_matrices<false>(to, row, __builtin_return_address(0));
}

void ldmatrix_x4_transposed(std::uint32_t (&to)[4], const void* row) {
  meet_for_matrices<true>(to, row, __builtin_return_address(0));
}

template <typename T>
void mma_16816(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  Product own{sum, a, b0, b1};
  Block::current().meet_warp(&multiply<T>, kAllLanes, &own);
}

template void mma_16816<Bf16>(float (&)[4], const std::uint32_t (&)[4], std::uint32_t, std::uint32_t);
template void mma_16816<F16>(float (&)[4], const std::uint32_t (&)[4], std::uint32_t, std::uint32_t);

}  // namespace pointsman::cuda

namespace {

struct Shuffle {
  float value;
  float result;
  int lane_mask;
};

void shuffle_xor(std::span<void* const, 32> lanes) {
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (lanes[lane] == nullptr) continue;
    auto& own = *static_cast<Shuffle*>(lanes[lane]);
    const unsigned source = lane ^ static_cast<unsigned>(own.lane_mask);
    // What a lane outside the mask would give is undefined.
    own.result = source < 32 && lanes[source] != nullptr ? static_cast<const Shuffle*>(lanes[source])->value
                                                         : std::nanf("");
  }
}

struct Ballot {
  bool predicate;
  unsigned result;
};

void count_ballots(std::span<void* const, 32> lanes) {
  unsigned result = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    const bool is_set = lanes[lane] != nullptr && static_cast<const Ballot*>(lanes[lane])->predicate;
    if (is_set) result |= 1U << lane;
  }
  for (void* lane : lanes) {
    if (lane != nullptr) static_cast<Ballot*>(lane)->result = result;
  }
}

}  // namespace

float __shfl_xor_sync(unsigned mask, float value, int lane_mask) {
  Shuffle own{value, value, lane_mask};
  pointsman::cuda_emulation::Block::current().meet_warp(&shuffle_xor, mask, &own);
  return own.result;
}

int __shfl_xor_sync(unsigned mask, int value, int lane_mask) {
  return std::bit_cast<int>(__shfl_xor_sync(mask, std::bit_cast<float>(value), lane_mask));
}

unsigned __ballot_sync(unsigned mask, bool predicate) {
  Ballot own{predicate, 0};
  pointsman::cuda_emulation::Block::current().meet_warp(&count_ballots, mask, &own);
  return own.result;
}
