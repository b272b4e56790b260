// What each opcode does to a thread's registers and to memory. Numbers narrower than a register are kept in
// its lower bits.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "cuda/ptx.cuh"
#include "cuda_emulation/device_memory.h"
#include "cuda_emulation/ptx_module.h"

namespace pointsman::cuda_emulation::ptx {

struct Thread {
  const Kernel& kernel;
  const std::byte* arguments;
  std::vector<std::uint64_t> registers;
  std::size_t next = 0;  // statement
};

namespace {

using cuda::Bf16;
using cuda::F16;
using I32 = std::int32_t;
using U32 = std::uint32_t;
using I64 = std::int64_t;
using U64 = std::uint64_t;

std::uint64_t raw(const Thread& thread, const Operand& operand) {
  const Block& block = Block::current();
  switch (operand.kind) {
    case Operand::Kind::kRegister:
      return thread.registers[operand.index] + operand.value;
    case Operand::Kind::kSpecial:
      if (operand.name == "%tid.x") return block.thread();
      return operand.name == "%ctaid.x" ? block.block_index().x : block.block_index().y;
    default:
      return operand.value;  // shared memory begins at 0
  }
}

template <typename T>
T get(const Thread& thread, const Operand& operand) {
  const std::uint64_t bits = raw(thread, operand);
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T>
void set(Thread& thread, const Operand& operand, T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  thread.registers[operand.index] = bits;
}

template <typename T, auto kOperation>
void unary(Thread& t, const Statement& s) {
  set<T>(t, s.operands[0], static_cast<T>(kOperation(get<T>(t, s.operands[1]))));
}

template <typename T, auto kOperation>
void binary(Thread& t, const Statement& s) {
  set<T>(t, s.operands[0], static_cast<T>(kOperation(get<T>(t, s.operands[1]), get<T>(t, s.operands[2]))));
}

template <typename T, auto kOperation>
void compare(Thread& t, const Statement& s) {
  const bool holds = kOperation(get<T>(t, s.operands[1]), get<T>(t, s.operands[2]));
  set<std::uint64_t>(t, s.operands[0], holds ? 1 : 0);
}

template <typename T, auto kOperation>
void shift(Thread& t, const Statement& s) {
  const std::uint32_t by = std::min<std::uint32_t>(get<std::uint32_t>(t, s.operands[2]), 8 * sizeof(T) - 1);
  set<T>(t, s.operands[0], static_cast<T>(kOperation(get<T>(t, s.operands[1]), by)));
}

template <typename To, typename From>
void convert(Thread& t, const Statement& s) {
  set<To>(t, s.operands[0], static_cast<To>(get<From>(t, s.operands[1])));
}

// To and from shared memory by offset, device memory by address, and the arguments.
std::byte* memory_at(const Thread& t, const Statement& s, const Operand& address, std::size_t bytes) {
  const std::uint64_t at = raw(t, address);
  Block& block = Block::current();
  if (address.kind == Operand::Kind::kParameter) return const_cast<std::byte*>(t.arguments) + at;
  if (at % bytes != 0) block.fault("PTX: misaligned " + s.opcode);
  if (s.opcode.find(".shared") != std::string::npos && s.opcode.find("cp.async") == std::string::npos) {
    if (at + bytes > block.shared_bytes()) block.fault("PTX: " + s.opcode + " outside shared memory");
    return block.shared() + at;
  }
  auto* pointer = reinterpret_cast<std::byte*>(at);
  if (!is_device(pointer)) block.fault("PTX: " + s.opcode + " outside device memory");
  return pointer;
}

template <typename T, std::size_t kCount>
void load(Thread& t, const Statement& s) {
  const std::byte* from = memory_at(t, s, s.operands[kCount], kCount * sizeof(T));
  for (std::size_t i = 0; i < kCount; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    set<T>(t, s.operands[i], value);
  }
}

template <typename T, std::size_t kCount>
void store(Thread& t, const Statement& s) {
  std::byte* to = memory_at(t, s, s.operands[0], kCount * sizeof(T));
  for (std::size_t i = 0; i < kCount; ++i) {
    const T value = get<T>(t, s.operands[1 + i]);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

template <typename T>
void multiply_tile(Thread& t, const Statement& s) {
  float sum[4];
  std::uint32_t a[4];
  for (std::size_t i = 0; i < 4; ++i) {
    a[i] = get<std::uint32_t>(t, s.operands[4 + i]);
    sum[i] = get<float>(t, s.operands[10 + i]);
  }
  cuda::mma_16816<T>(sum, a, get<std::uint32_t>(t, s.operands[8]), get<std::uint32_t>(t, s.operands[9]));
  for (std::size_t i = 0; i < 4; ++i) set<float>(t, s.operands[i], sum[i]);
}

template <bool kTransposed>
void load_tile(Thread& t, const Statement& s) {
  std::uint32_t to[4];
  const std::byte* row = memory_at(t, s, s.operands[4], 16);
  if constexpr (kTransposed) {
    cuda::ldmatrix_x4_transposed(to, row);
  } else {
    cuda::ldmatrix_x4(to, row);
  }
  for (std::size_t i = 0; i < 4; ++i) set<std::uint32_t>(t, s.operands[i], to[i]);
}

template <typename T>
void narrow_pair(Thread& t, const Statement& s) {  // the first source is the upper half
  set<std::uint32_t>(t, s.operands[0],
                     cuda::narrow<T>(get<float>(t, s.operands[2]), get<float>(t, s.operands[1])));
}

void copy_async(Thread& t, const Statement& s) {
  Block& block = Block::current();
  std::byte* to = block.shared() + raw(t, s.operands[0]);
  const bool is_there = get<std::uint32_t>(t, s.operands[3]) == 16;
  cuda::cp_async16(to, reinterpret_cast<const void*>(raw(t, s.operands[1])), is_there);
}

void shuffle(Thread& t, const Statement& s) {  // d | p, a, lane mask, clamp, members
  const bool has_predicate = s.operands.size() == 6;
  const std::size_t from = has_predicate ? 2 : 1;
  const auto mask = get<std::uint32_t>(t, s.operands[from + 3]);
  set<float>(t, s.operands[0],
             __shfl_xor_sync(mask, get<float>(t, s.operands[from]), get<int>(t, s.operands[from + 1])));
  if (has_predicate) set<std::uint64_t>(t, s.operands[1], 1);
}

void ballot(Thread& t, const Statement& s) {  // d, predicate, members
  const bool predicate = raw(t, s.operands[1]) != 0;
  set<std::uint32_t>(t, s.operands[0], __ballot_sync(get<std::uint32_t>(t, s.operands[2]), predicate));
}

void multiply_add(Thread& t, const Statement& s) {
  set<std::uint32_t>(t, s.operands[0],
                     get<std::uint32_t>(t, s.operands[1]) * get<std::uint32_t>(t, s.operands[2]) +
                         get<std::uint32_t>(t, s.operands[3]));
}

void move(Thread& t, const Statement& s) {
  if (s.operands.size() == 3) {  // {low, high}, source
    const auto pair = get<std::uint32_t>(t, s.operands[2]);
    set<std::uint16_t>(t, s.operands[0], static_cast<std::uint16_t>(pair));
    set<std::uint16_t>(t, s.operands[1], static_cast<std::uint16_t>(pair >> 16));
  } else {
    set<std::uint64_t>(t, s.operands[0], raw(t, s.operands[1]));
  }
}

void select(Thread& t, const Statement& s) {
  set<std::uint64_t>(t, s.operands[0], raw(t, s.operands[raw(t, s.operands[3]) != 0 ? 1 : 2]));
}

void fused_multiply_add(Thread& t, const Statement& s) {
  set<float>(
      t, s.operands[0],
      std::fma(get<float>(t, s.operands[1]), get<float>(t, s.operands[2]), get<float>(t, s.operands[3])));
}

void branch(Thread& t, const Statement& s) {
  t.next = s.target;
}

void end(Thread& t, const Statement&) {
  t.next = t.kernel.statements.size();
}

constexpr auto kAdd = [](auto a, auto b) { return a + b; };
constexpr auto kSubtract = [](auto a, auto b) { return a - b; };
constexpr auto kMultiply = [](auto a, auto b) { return a * b; };
constexpr auto kDivide = [](auto a, auto b) { return a / b; };
constexpr auto kAnd = [](auto a, auto b) { return a & b; };
constexpr auto kOr = [](auto a, auto b) { return a | b; };
constexpr auto kXor = [](auto a, auto b) { return a ^ b; };
constexpr auto kLeft = [](auto a, auto b) { return a << b; };
constexpr auto kRight = [](auto a, auto b) { return a >> b; };
constexpr auto kEqual = [](auto a, auto b) { return a == b; };
constexpr auto kUnequal = [](auto a, auto b) { return a != b; };
constexpr auto kLess = [](auto a, auto b) { return a < b; };
constexpr auto kLessOrUnordered = [](float a, float b) { return !(a >= b); };
constexpr auto kAtMost = [](auto a, auto b) { return a <= b; };
constexpr auto kMore = [](auto a, auto b) { return a > b; };
constexpr auto kAtLeast = [](auto a, auto b) { return a >= b; };
constexpr auto kMaximum = [](float a, float b) { return std::fmax(a, b); };
constexpr auto kMinimum = [](auto a, auto b) { return std::min(a, b); };
constexpr auto kMinimumOfFloats = [](float a, float b) { return std::fmin(a, b); };
constexpr auto kRemainder = [](auto a, auto b) { return a % b; };
constexpr auto kMoreOrUnordered = [](float a, float b) { return !(a < b); };  // or equal
constexpr auto kAtMostOrUnordered = [](float a, float b) { return !(a > b); };
constexpr auto kUnordered = [](float a, float b) { return std::isnan(a) || std::isnan(b); };
constexpr auto kSaturated = [](float a) { return a > 0.0F ? std::min(a, 1.0F) : 0.0F; };  // 0 of NaN
constexpr auto kOnes = [](U32 a) { return static_cast<U32>(std::popcount(a)); };
// From the highest bit set to bit 31; all ones where none is.
constexpr auto kShiftOfHighest = [](U32 a) {
  return a == 0 ? ~U32{0} : static_cast<U32>(std::countl_zero(a));
};
constexpr auto kReversed = [](U32 a) {
  U32 reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (a >> bit & 1U) << (31 - bit);
  return reversed;
};
constexpr auto kWide = [](auto a, auto b) { return a * b; };
constexpr auto kNot = [](auto a) { return ~a; };
constexpr auto kNotPredicate = [](std::uint64_t a) { return a ^ 1; };
constexpr auto kNegate = [](float a) { return -a; };
constexpr auto kAbsolute = [](float a) { return std::fabs(a); };
constexpr auto kSignOf = [](float a, float b) { return std::copysign(b, a); };  // of the first, on the second
constexpr auto kExponential = [](float a) { return std::exp2(a); };
constexpr auto kReciprocal = [](float a) { return 1.0F / a; };
constexpr auto kReciprocalRoot = [](float a) { return 1.0F / std::sqrt(a); };
constexpr auto kRoot = [](float a) { return std::sqrt(a); };

template <typename To, typename From>
void multiply_wide(Thread& t, const Statement& s) {
  const To a = get<From>(t, s.operands[1]);
  set<To>(t, s.operands[0], kWide(a, static_cast<To>(get<From>(t, s.operands[2]))));
}

const std::map<std::string, Handler>& handlers() {
  static const std::map<std::string, Handler> table = {
      {"add.s32", binary<U32, kAdd>},
      {"add.s64", binary<U64, kAdd>},
      {"add.f32", binary<float, kAdd>},
      {"sub.s32", binary<U32, kSubtract>},
      {"sub.f32", binary<float, kSubtract>},
      {"mul.f32", binary<float, kMultiply>},
      {"mul.lo.s32", binary<U32, kMultiply>},
      {"mul.lo.s64", binary<U64, kMultiply>},
      {"mul.wide.s32", multiply_wide<I64, I32>},
      {"mul.wide.u32", multiply_wide<U64, U32>},
      {"mad.lo.s32", multiply_add},
      {"div.s32", binary<I32, kDivide>},
      {"rem.s32", binary<I32, kRemainder>},
      {"div.rn.f32", binary<float, kDivide>},
      {"fma.rn.f32", fused_multiply_add},
      {"max.f32", binary<float, kMaximum>},
      {"min.s32", binary<I32, kMinimum>},
      {"min.f32", binary<float, kMinimumOfFloats>},
      {"neg.f32", unary<float, kNegate>},
      {"abs.f32", unary<float, kAbsolute>},
      {"copysign.f32", binary<float, kSignOf>},
      {"ex2.approx.ftz.f32", unary<float, kExponential>},
      {"rcp.rn.f32", unary<float, kReciprocal>},
      {"rsqrt.approx.f32", unary<float, kReciprocalRoot>},
      {"sqrt.rn.f32", unary<float, kRoot>},
      {"and.b32", binary<U32, kAnd>},
      {"or.b32", binary<U32, kOr>},
      {"xor.b32", binary<U32, kXor>},
      {"not.b32", unary<U32, kNot>},
      {"popc.b32", unary<U32, kOnes>},
      {"brev.b32", unary<U32, kReversed>},
      {"bfind.shiftamt.u32", unary<U32, kShiftOfHighest>},
      {"or.pred", binary<U64, kOr>},
      {"and.pred", binary<U64, kAnd>},
      {"xor.pred", binary<U64, kXor>},
      {"not.pred", unary<U64, kNotPredicate>},
      {"shl.b32", shift<U32, kLeft>},
      {"shl.b64", shift<U64, kLeft>},
      {"shr.u32", shift<U32, kRight>},
      {"shr.s32", shift<I32, kRight>},
      {"shr.u64", shift<U64, kRight>},
      {"setp.eq.s16", compare<std::int16_t, kEqual>},
      {"setp.eq.s32", compare<I32, kEqual>},
      {"setp.eq.b32", compare<I32, kEqual>},
      {"setp.eq.s64", compare<I64, kEqual>},
      {"setp.ne.s32", compare<I32, kUnequal>},
      {"setp.ge.s32", compare<I32, kAtLeast>},
      {"setp.gt.s32", compare<I32, kMore>},
      {"setp.le.s32", compare<I32, kAtMost>},
      {"setp.lt.s32", compare<I32, kLess>},
      {"setp.lt.u32", compare<U32, kLess>},
      {"setp.ge.u32", compare<U32, kAtLeast>},
      {"setp.gt.u32", compare<U32, kMore>},
      {"setp.eq.f32", compare<float, kEqual>},
      {"setp.gt.f32", compare<float, kMore>},
      {"setp.le.f32", compare<float, kAtMost>},
      {"setp.leu.f32", compare<float, kAtMostOrUnordered>},
      {"setp.geu.f32", compare<float, kMoreOrUnordered>},
      {"setp.nan.f32", compare<float, kUnordered>},
      {"setp.ge.f32", compare<float, kAtLeast>},
      {"setp.lt.f32", compare<float, kLess>},
      {"setp.ltu.f32", compare<float, kLessOrUnordered>},
      {"selp.f32", select},
      {"selp.b32", select},
      {"selp.u32", select},
      {"mov.f32", move},
      {"mov.b32", move},
      {"mov.u32", move},
      {"mov.u64", move},
      {"mov.pred", move},
      {"cvta.to.global.u64", move},
      {"cvt.s64.s32", convert<I64, I32>},
      {"cvt.u32.u64", convert<U32, U64>},
      {"cvt.u64.u32", convert<U64, U32>},
      {"cvt.rzi.s32.f32", convert<I32, float>},
      {"cvt.sat.f32.f32", unary<float, kSaturated>},
      {"cvt.rn.f32.s32", convert<float, I32>},
      {"cvt.f32.f16",
       [](Thread& t, const Statement& s) {
         set<float>(t, s.operands[0], cuda::to_float(F16{get<std::uint16_t>(t, s.operands[1])}));
       }},
      {"cvt.rn.f16x2.f32", narrow_pair<F16>},
      {"cvt.rn.bf16x2.f32", narrow_pair<Bf16>},
      {"ld.param.u32", load<U32, 1>},
      {"ld.param.f32", load<U32, 1>},
      {"ld.param.u64", load<U64, 1>},
      {"ld.param.v2.u32", load<U32, 2>},
      {"ld.param.v4.u8", load<std::uint8_t, 4>},
      {"ld.u32", load<U32, 1>},
      {"ld.s32", load<U32, 1>},
      {"ld.f32", load<U32, 1>},
      {"ld.u64", load<U64, 1>},
      {"ld.v2.u32", load<U32, 2>},
      {"ld.v2.f32", load<U32, 2>},
      {"ld.global.u64", load<U64, 1>},
      {"ld.global.v2.u32", load<U32, 2>},
      {"ld.global.u32", load<U32, 1>},
      {"ld.global.s32", load<U32, 1>},
      {"ld.global.f32", load<U32, 1>},
      {"ld.global.v2.f32", load<U32, 2>},
      {"ld.global.v4.f32", load<U32, 4>},
      {"ld.global.v4.u32", load<U32, 4>},
      {"ld.shared.f32", load<U32, 1>},
      {"ld.shared.v4.f32", load<U32, 4>},
      {"st.global.u32", store<U32, 1>},
      {"st.global.f32", store<U32, 1>},
      {"st.global.v2.f32", store<U32, 2>},
      {"st.global.v4.u32", store<U32, 4>},
      {"st.shared.f32", store<U32, 1>},
      {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", multiply_tile<Bf16>},
      {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", multiply_tile<F16>},
      {"ldmatrix.sync.aligned.m8n8.x4.shared.b16", load_tile<false>},
      {"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16", load_tile<true>},
      {"cp.async.cg.shared.global", copy_async},
      {"cp.async.commit_group", [](Thread&, const Statement&) { cuda::cp_async_commit(); }},
      {"cp.async.wait_group",
       [](Thread& t, const Statement& s) { cuda::cp_async_wait_groups(raw(t, s.operands[0])); }},
      {"shfl.sync.bfly.b32", shuffle},
      {"vote.sync.ballot.b32", ballot},
      {"bar.sync", [](Thread&, const Statement&) { Block::current().synchronize(); }},
      {"bra", branch},
      {"bra.uni", branch},
      {"ret", end},
  };
  return table;
}

}  // namespace

Handler handler_of(const std::string& opcode) {
  const auto found = handlers().find(opcode);
  return found == handlers().end() ? nullptr : found->second;
}

void run(const Kernel& kernel, const void* arguments) {
  Thread thread{kernel, static_cast<const std::byte*>(arguments),
                std::vector<std::uint64_t>(kernel.num_registers)};
  while (thread.next < kernel.statements.size()) {
    const Statement& statement = kernel.statements[thread.next++];
    if (statement.guard >= 0 && (thread.registers[statement.guard] != 0) == statement.guard_is_negated)
      continue;
    statement.handler(thread, statement);
  }
}

}  // namespace pointsman::cuda_emulation::ptx
