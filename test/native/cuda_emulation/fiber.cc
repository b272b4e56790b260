#include "cuda_emulation/fiber.h"

#include <cstdint>

// Saves the callee-saved registers on the running stack, stores its pointer to *save and goes on with `next`.
extern "C" void pointsman_switch_stack(void** save, void* next);
// First code of a fiber: r12 is its entry, r13 the argument.
extern "C" void pointsman_enter_fiber();

asm(R"(
.text
.globl pointsman_switch_stack
.type pointsman_switch_stack, @function
pointsman_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size pointsman_switch_stack, .-pointsman_switch_stack
.globl pointsman_enter_fiber
.type pointsman_enter_fiber, @function
pointsman_enter_fiber:
  movq %r13, %rdi
  callq *%r12
  ud2
.size pointsman_enter_fiber, .-pointsman_enter_fiber
)");

namespace pointsman::cuda_emulation {

Fiber::Fiber() : stack_(new std::byte[kStackBytes]) {}

void Fiber::prepare(void (*entry)(void*), void* argument) {
  const auto end = reinterpret_cast<std::uintptr_t>(stack_.get() + kStackBytes);
  auto* top = reinterpret_cast<void**>(end / 16 * 16);
  // As pointsman_switch_stack pops them: r15, r14, r13, r12, rbx, rbp, return address. After the `ret` the
  // stack is 16-byte aligned, as it must be before the call in pointsman_enter_fiber.
  top -= 9;
  top[2] = argument;
  top[3] = reinterpret_cast<void*>(entry);
  top[6] = reinterpret_cast<void*>(&pointsman_enter_fiber);
  top[0] = top[1] = top[4] = top[5] = nullptr;
  own_ = top;
}

void Fiber::switch_to() {
  pointsman_switch_stack(&caller_, own_);
}

void Fiber::switch_back() {
  pointsman_switch_stack(&own_, caller_);
}

}  // namespace pointsman::cuda_emulation
