#include "kernels/select.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "base/error.h"
#include "kernels/isa_tables.h"

namespace pointsman {
namespace {

struct Compiled {
  const KernelTable* table;
  bool runs_here;
};

// Best first. `reference` runs everywhere and stays last.
std::vector<Compiled> compiled_tables() {
  std::vector<Compiled> compiled;
#if defined(POINTSMAN_X86_KERNELS)
  compiled.push_back({&kAmxKernels, cpu_features().amx});
  const bool dot_first = cpu_features().fast_bf16_dot;
  if (dot_first) compiled.push_back({&kAvx512Bf16Kernels, true});
  compiled.push_back({&kAvx512Kernels, cpu_features().avx512});
  if (!dot_first) compiled.push_back({&kAvx512Bf16Kernels, cpu_features().avx512_bf16});
  compiled.push_back({&kAvx2Kernels, cpu_features().avx2});
#endif
#if defined(POINTSMAN_ARM64_KERNELS)
  compiled.push_back({&kNeonKernels, true});  // every AArch64 CPU has it
#endif
  compiled.push_back({&kReferenceKernels, true});
  return compiled;
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string available_names() {
  std::vector<std::string> names;
  for (const KernelTable* table : available_kernel_tables()) names.emplace_back(table->name);
  return join(names);
}

bool is_compiled(std::string_view name) {
  for (const char* compiled : compiled_kernel_names()) {
    if (name == compiled) return true;
  }
  return false;
}

const KernelTable& choose() {
  const char* forced = std::getenv("POINTSMAN_ISA");
  if (forced == nullptr || *forced == '\0') return *available_kernel_tables().front();
  try {
    return kernel_table(forced);
  } catch (const Error& error) {
    throw Error(error.code(), std::string("POINTSMAN_ISA: ") + error.what());
  }
}

}  // namespace

std::span<const KernelTable* const> available_kernel_tables() {
  static const std::vector<const KernelTable*> tables = [] {
    std::vector<const KernelTable*> runnable;
    for (const Compiled& compiled : compiled_tables()) {
      if (compiled.runs_here) runnable.push_back(compiled.table);
    }
    return runnable;
  }();
  return tables;
}

std::span<const char* const> compiled_kernel_names() {
  static const std::vector<const char*> names = [] {
    std::vector<const char*> all;
    for (const Compiled& compiled : compiled_tables()) all.push_back(compiled.table->name);
    return all;
  }();
  return names;
}

const KernelTable& kernel_table(std::string_view name) {
  for (const KernelTable* table : available_kernel_tables()) {
    if (name == table->name) return *table;
  }
  const char* reason =
      is_compiled(name) ? "this CPU or operating system cannot run it" : "this build has none of that name";
  throw Error(ErrorCode::kUnsupported, "no kernels for the instruction set \"" + std::string(name) +
                                           "\": " + reason + "; choose one of: " + available_names() + ".");
}

const KernelTable& kernels() {
  static const KernelTable& chosen = choose();
  return chosen;
}

}  // namespace pointsman
