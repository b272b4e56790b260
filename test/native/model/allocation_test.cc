// Replaces what the engine allocates with, for this program, to count what a call allocates.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "doctest/doctest.h"
#include "engine/encoder_model.h"
#include "engine/packed_batch.h"
#include "kernels/select.h"
#include "model/tiny_model.h"
#include "text/surface_features.h"

namespace {

thread_local std::size_t allocations = 0;

void* count_and_allocate(std::size_t alignment, std::size_t size) {
  ++allocations;
  void* pointer = nullptr;
  return ::posix_memalign(&pointer, alignment, size) == 0 ? pointer : nullptr;
}

void* count_and_new(std::size_t size) {
  void* pointer = count_and_allocate(alignof(std::max_align_t), size);
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

}  // namespace

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return count_and_allocate(alignment, size);
}
void* operator new(std::size_t size) {
  return count_and_new(size);
}
void* operator new[](std::size_t size) {
  return count_and_new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return count_and_allocate(alignof(std::max_align_t), size);
}
void operator delete(void* pointer) noexcept {
  std::free(pointer);
}
void operator delete[](void* pointer) noexcept {
  std::free(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  std::free(pointer);
}
void operator delete[](void* pointer, std::size_t) noexcept {
  std::free(pointer);
}

namespace pointsman::test {
namespace {

TEST_CASE("a forward pass on a warm workspace allocates nothing") {
  TinyModel whole_tiles;  // so that every table runs what it runs best
  whole_tiles.hidden = 64;
  whole_tiles.heads = 2;
  const TinyModelFiles files{whole_tiles};
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    const auto model = EncoderModel::load(files.options(), *table);
    const Encoder& encoder = model->encoder();
    const auto workspace = encoder.make_workspace();
    PackedBatch batch(encoder.config().positions);
    const std::vector<std::int32_t> ids(70, 5);
    for (int i = 0; i < 4; ++i) batch.append(ids);
    std::vector<float> out(4 * encoder.config().hidden_size);
    std::vector<float> means(out.size());
    const std::size_t cold = allocations;
    encoder.forward(batch.view(), {Pooling::kMean, true}, *workspace, out, means);
    CHECK(allocations > cold);  // it does count: the workspace grew
    const std::size_t warm = allocations;
    encoder.forward(batch.view(), {Pooling::kMean, true}, *workspace, out, means);
    CHECK(allocations == warm);
  }
}

TEST_CASE("surface features of a text allocate nothing") {
  std::array<float, kSurfaceFeatures> features{};
  const std::size_t before = allocations;
  surface_features("def f(x): return x + 1\n(A) 1\n(B) 2", features);
  CHECK(allocations == before);
  CHECK(features[0] > 0.0F);
}

}  // namespace
}  // namespace pointsman::test
