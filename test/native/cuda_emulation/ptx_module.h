// A PTX file as statements: enough of the language for what nvcc makes of native/cuda.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pointsman::cuda_emulation::ptx {

struct Thread;
struct Statement;
using Handler = void (*)(Thread&, const Statement&);

struct Operand {
  enum class Kind { kRegister, kImmediate, kSpecial, kParameter, kShared };
  Kind kind = Kind::kImmediate;
  std::size_t index = 0;    // of the register
  std::uint64_t value = 0;  // of the immediate, or what is added to an address
  std::string name;         // of the special register
};

struct Statement {
  std::string opcode;
  Handler handler = nullptr;
  int guard = -1;  // register of the predicate, or none
  bool guard_is_negated = false;
  std::vector<Operand> operands;  // those of a vector one after the other
  std::size_t target = 0;         // of a branch
};

struct Kernel {
  std::string name;
  std::size_t num_registers = 0;
  std::vector<Statement> statements;
};

// By mangled name. Throws Fault for what it does not understand.
std::map<std::string, Kernel> read_module(const std::filesystem::path& path);

// Null for an opcode that is not known.
Handler handler_of(const std::string& opcode);

void run(const Kernel& kernel, const void* arguments);

}  // namespace pointsman::cuda_emulation::ptx
