// Owner of a 64-byte aligned array of trivially copyable elements. Views are std::span.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace pointsman {

inline constexpr std::size_t kCacheLineBytes = 64;

template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedBuffer() = default;
  // Contents are uninitialised. Throws std::bad_alloc.
  explicit AlignedBuffer(std::size_t count) : size_(count), data_(allocate(count)) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data(), size_}; }
  std::span<const T> span() const noexcept { return {data(), size_}; }

  // Grows to at least `count` elements; existing contents are not kept. Never shrinks.
  void reserve_discard(std::size_t count) {
    if (count <= size_) return;
    data_.reset();
    size_ = 0;
    data_.reset(allocate(count));
    size_ = count;
  }

 private:
  struct Free {
    void operator()(T* pointer) const noexcept { std::free(pointer); }
  };

  static T* allocate(std::size_t count) {
    if (count == 0) return nullptr;
    if (count > (static_cast<std::size_t>(-1) - kCacheLineBytes) / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = (count * sizeof(T) + kCacheLineBytes - 1) / kCacheLineBytes * kCacheLineBytes;
    void* pointer = std::aligned_alloc(kCacheLineBytes, bytes);
    if (pointer == nullptr) throw std::bad_alloc();
    return static_cast<T*>(pointer);
  }

  std::size_t size_ = 0;
  std::unique_ptr<T, Free> data_;
};

}  // namespace pointsman
