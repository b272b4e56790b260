#include "cuda_emulation/block.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>

#include "cuda_emulation/access.h"

namespace pointsman::cuda_emulation {
namespace {

constexpr unsigned kWarp = 32;
constexpr std::size_t kCopyBytes = 16;

Block* current_block = nullptr;

std::string text(Index3 index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) +
         ")";
}

}  // namespace

Settings& settings() {
  static Settings values;
  return values;
}

void check_launch(const Launch& launch) {
  const auto refuse = [&](const std::string& what) { throw Fault("launch of " + launch.name + ": " + what); };
  if (launch.threads == 0 || launch.threads > 1024) {
    refuse(std::to_string(launch.threads) + " threads a block, 1 to 1024 are allowed");
  }
  if (launch.threads % kWarp != 0) refuse("a block of " + std::to_string(launch.threads) + " threads");
  const Index3 grid = launch.grid;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFFU || grid.y > 65535 || grid.z > 65535) {
    refuse("a grid of " + text(grid));
  }
  if (launch.shared_bytes > launch.most_shared_bytes) {
    refuse(std::to_string(launch.shared_bytes) + " bytes of shared memory");
  }
}

void Block::run_grid(const Launch& launch) {
  check_launch(launch);
  Block block(launch);
  std::vector<std::size_t> order(std::size_t{launch.grid.x} * launch.grid.y * launch.grid.z);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (settings().order == Order::kReverse) std::ranges::reverse(order);
  if (settings().order == Order::kRandom) std::ranges::shuffle(order, block.random_);
  for (const std::size_t number : order) {
    block.run({static_cast<unsigned>(number % launch.grid.x),
               static_cast<unsigned>(number / launch.grid.x % launch.grid.y),
               static_cast<unsigned>(number / launch.grid.x / launch.grid.y)});
  }
}

Block::Block(const Launch& launch)
    : launch_(&launch), warps_(launch.threads / kWarp), random_(settings().seed) {
  shared_storage_.resize(launch.shared_bytes + 3 * kSharedMargin);
  void* begin = shared_storage_.data() + kSharedMargin;
  std::size_t space = shared_storage_.size() - kSharedMargin;
  shared_ = static_cast<std::byte*>(std::align(kSharedMargin, launch.shared_bytes, begin, space));
  for (unsigned i = 0; i < launch.threads; ++i) threads_.push_back(std::make_unique<Thread>());
}

Block& Block::current() {
  if (current_block == nullptr) throw Fault("a device function was called outside a kernel");
  return *current_block;
}

bool Block::is_running() noexcept {
  return current_block != nullptr;
}

void Block::run(Index3 index) {
  block_index_ = index;
  block_epoch_ = 0;
  fault_.clear();
  // All bits set is a NaN in float32, bf16 and f16: what was not written shows in the result.
  if (shared_ != nullptr) std::memset(shared_, 0xFF, launch_->shared_bytes);
  begin_block_access(*this);
  for (Warp& warp : warps_) warp = Warp{};
  for (const auto& thread : threads_) {
    thread->state = State::kReady;
    thread->groups.clear();
    thread->open_group.clear();
    thread->fiber.prepare(&thread_main, this);
  }
  current_block = this;
  run_threads();
  current_block = nullptr;
  if (!fault_.empty()) throw Fault(fault_);
}

void Block::run_threads() {
  while (fault_.empty()) {
    bool progressed = false;
    for (const unsigned thread : thread_order()) {
      if (threads_[thread]->state != State::kReady) continue;
      progressed = true;
      running_ = thread;
      threads_[thread]->fiber.switch_to();
      if (!fault_.empty()) return;
    }
    if (std::ranges::all_of(threads_, [](const auto& thread) { return thread->state == State::kDone; }))
      return;
    if (!progressed) {
      fault_ = launch_->name + ", block " + text(block_index_) + ": deadlock: " + describe_deadlock();
    }
  }
}

std::vector<unsigned> Block::thread_order() {
  std::vector<unsigned> order(threads_.size());
  std::iota(order.begin(), order.end(), 0U);
  if (settings().order == Order::kReverse) std::ranges::reverse(order);
  if (settings().order == Order::kRandom) std::ranges::shuffle(order, random_);
  return order;
}

void Block::thread_main(void* argument) {
  Block& block = *static_cast<Block*>(argument);
  block.launch_->program(block.launch_->arguments.data());
  Thread& self = *block.threads_[block.running_];
  const auto holds_copies = [](const auto& group) { return !group.empty(); };
  if (!self.open_group.empty() || std::ranges::any_of(self.groups, holds_copies)) {
    block.fault("a thread ended before its cp.async had landed");
  }
  const bool others_wait = std::ranges::any_of(
      block.threads_, [](const auto& thread) { return thread->state == State::kAtBarrier; });
  if (others_wait) block.fault("a thread ended while others wait at a barrier of the block");
  block.suspend(State::kDone);
}

void Block::suspend(State state) {
  Thread& self = *threads_[running_];
  self.state = state;
  self.fiber.switch_back();
}

void Block::synchronize() {
  const auto is_at = [this](State state) {
    return std::ranges::count_if(threads_, [state](const auto& thread) { return thread->state == state; });
  };
  if (is_at(State::kDone) > 0) fault("a barrier of the block after some of its threads ended");
  if (is_at(State::kAtBarrier) + 1 == std::ssize(threads_)) {
    release_barrier();
    return;
  }
  suspend(State::kAtBarrier);
}

void Block::release_barrier() {
  ++block_epoch_;
  for (const auto& thread : threads_) {
    if (thread->state == State::kAtBarrier) thread->state = State::kReady;
  }
}

void Block::meet_warp(WarpOperation operation, std::uint32_t mask, void* operand) {
  Warp& warp = warps_[running_ / kWarp];
  const unsigned lane = running_ % kWarp;
  if ((mask >> lane & 1U) == 0) fault("a lane is not in the mask of its own warp operation");
  if (warp.arrived == 0) {
    warp.operation = operation;
    warp.mask = mask;
  } else if (warp.operation != operation || warp.mask != mask) {
    fault("lanes of a warp meet in different operations, or under different masks");
  }
  warp.operands[lane] = operand;
  warp.arrived |= 1U << lane;
  if (warp.arrived != mask) {
    suspend(State::kInWarp);
    return;
  }
  for (unsigned other = 0; other < kWarp; ++other) {
    if ((mask >> other & 1U) == 0) warp.operands[other] = nullptr;
  }
  operation(warp.operands);
  warp.arrived = 0;
  ++warp.epoch;
  const unsigned first = running_ / kWarp * kWarp;
  for (unsigned other = 0; other < kWarp; ++other) {
    Thread& thread = *threads_[first + other];
    if ((mask >> other & 1U) != 0 && thread.state == State::kInWarp) thread.state = State::kReady;
  }
}

void Block::copy_async(std::byte* to, const std::byte* from, std::size_t bytes_read, const void* caller) {
  if (reinterpret_cast<std::uintptr_t>(to) % kCopyBytes != 0 ||
      reinterpret_cast<std::uintptr_t>(from) % kCopyBytes != 0) {
    fault("cp.async of addresses that are not multiples of 16");
  }
  note_async_copy(to, from, bytes_read, caller);
  const AsyncCopy copy{to, from, bytes_read};
  if (settings().copies == AsyncCopies::kEager) land(copy);
  threads_[running_]->open_group.push_back(copy);
}

void Block::commit_copies() {
  Thread& self = *threads_[running_];
  self.groups.push_back(std::move(self.open_group));
  self.open_group.clear();
}

void Block::wait_for_copies(std::size_t groups_in_flight) {
  auto& groups = threads_[running_]->groups;
  while (groups.size() > groups_in_flight) {
    for (const AsyncCopy& copy : groups.front()) {
      if (settings().copies == AsyncCopies::kLazy) land(copy);
      note_copy_landed(copy.to);
    }
    groups.erase(groups.begin());
  }
}

void Block::land(const AsyncCopy& copy) {
  std::memset(copy.to, 0, kCopyBytes);
  if (copy.bytes > 0) std::memcpy(copy.to, copy.from, copy.bytes);
}

void Block::fault(const std::string& what) {
  fault_ =
      launch_->name + ", block " + text(block_index_) + ", thread " + std::to_string(running_) + ": " + what;
  suspend(State::kDone);
  std::abort();  // never resumed
}

std::string Block::describe_deadlock() const {
  std::size_t at_barrier = 0;
  std::size_t in_warp = 0;
  for (const auto& thread : threads_) {
    at_barrier += thread->state == State::kAtBarrier ? 1 : 0;
    in_warp += thread->state == State::kInWarp ? 1 : 0;
  }
  return std::to_string(at_barrier) + " threads wait at a barrier, " + std::to_string(in_warp) +
         " in an operation of their warp, " + std::to_string(threads_.size() - at_barrier - in_warp) +
         " have ended";
}

}  // namespace pointsman::cuda_emulation
