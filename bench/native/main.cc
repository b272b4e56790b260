// kernels_bench [rounds] [isa ...]: JSON lines on stdout, one a kernel, shape and instruction set. Without
// names, of all instruction sets that run here but the reference, which is what results are checked against.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "families.h"
#include "kernels/select.h"

namespace pointsman::bench {
namespace {

std::vector<const KernelTable*> chosen_tables(const std::vector<std::string>& names) {
  std::vector<const KernelTable*> tables;
  tables.reserve(names.size());
  for (const std::string& name : names) tables.push_back(&kernel_table(name));
  if (!names.empty()) return tables;
  for (const KernelTable* table : available_kernel_tables()) {
    if (std::string_view(table->name) != "reference") tables.push_back(table);
  }
  return tables;
}

void run(const std::vector<std::string>& arguments) {
  const int rounds = arguments.empty() ? 31 : std::stoi(arguments.front());
  if (rounds < 1) throw std::invalid_argument("rounds must be at least 1");
  const Harness harness(rounds);
  const std::size_t named = arguments.empty() ? 0 : 1;
  const std::vector<const KernelTable*> tables =
      chosen_tables({arguments.begin() + static_cast<std::ptrdiff_t>(named), arguments.end()});
  bench_layer(harness, tables);
  for (const KernelTable* table : tables) {
    // The float32 kernels of a table with bf16 ones are another table's.
    if (table->bf16 == nullptr) bench_gelu(harness, *table);
  }
}

}  // namespace
}  // namespace pointsman::bench

int main(int argc, char** argv) {
  try {
    pointsman::bench::run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kernels_bench: %s\n", error.what());
    return 1;
  }
}
