// Which table is chosen. kernels() chooses once a process, so each choice is made in a child.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/cpu.h"
#include "base/error.h"
#include "doctest/doctest.h"
#include "kernels/select.h"

namespace pointsman {
namespace {

// Forks, sets POINTSMAN_ISA (null unsets it) and returns the chosen table's name or the error's code and
// message.
std::string choice_with(const char* isa) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (isa == nullptr) {
      unsetenv("POINTSMAN_ISA");
    } else {
      setenv("POINTSMAN_ISA", isa, 1);
    }
    std::string answer;
    try {
      const KernelTable& first = kernels();
      setenv("POINTSMAN_ISA", "changed-too-late", 1);
      answer = &kernels() == &first ? first.name : "chosen twice";
    } catch (const Error& error) {
      answer = std::string(error_code_name(error.code())) + ": " + error.what();
    }
    const bool written = write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  std::array<char, 256> chunk{};
  for (ssize_t got = 0; (got = read(ends[0], chunk.data(), chunk.size())) > 0;) {
    answer.append(chunk.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return answer;
}

std::string available_names() {
  std::string names;
  for (const KernelTable* table : available_kernel_tables()) {
    if (!names.empty()) names += ", ";
    names += table->name;
  }
  return names;
}

TEST_CASE("the best table is used when nothing is forced") {
  const std::string best = available_kernel_tables().front()->name;
  MESSAGE(cpu_brand() << " runs " << available_names());
  CHECK(choice_with(nullptr) == best);
  CHECK(choice_with("") == best);
}

TEST_CASE("POINTSMAN_ISA forces any table that can run here, once") {
  for (const KernelTable* table : available_kernel_tables()) CHECK(choice_with(table->name) == table->name);
}

TEST_CASE("the kernels of the architecture's baseline run on every CPU") {
  CHECK(choice_with(POINTSMAN_BASELINE_ISA) == POINTSMAN_BASELINE_ISA);
}

TEST_CASE("POINTSMAN_ISA with an unknown name is refused with the names to choose from") {
  CHECK(choice_with("sse9") ==
        "ERR_UNSUPPORTED: POINTSMAN_ISA: no kernels for the instruction set \"sse9\": this build has none of "
        "that name; "
        "choose one of: " +
            available_names() + ".");
}

TEST_CASE("a table that is compiled but cannot run here is refused") {
  for (const char* name : compiled_kernel_names()) {
    const bool runs = available_names().find(name) != std::string::npos;
    if (runs) continue;
    const std::string answer = choice_with(name);
    CHECK(answer.starts_with("ERR_UNSUPPORTED: "));
    CHECK(answer.find("this CPU or operating system cannot run it") != std::string::npos);
  }
}

TEST_CASE("tables are listed best first and end with the reference, which always runs") {
  const auto tables = available_kernel_tables();
  const auto names = compiled_kernel_names();
  REQUIRE(!tables.empty());
  CHECK(std::string(tables.back()->name) == "reference");
  CHECK(std::string(names[names.size() - 1]) == "reference");
  std::size_t next = 0;
  for (const KernelTable* table : tables) {
    while (next < names.size() && std::string(names[next]) != table->name) ++next;
    CHECK(next < names.size());  // the runnable ones are a subsequence of the compiled ones
  }
}

TEST_CASE("the CPU's features agree with the tables that can run") {
  for (const KernelTable* table : available_kernel_tables()) {
    const std::string name = table->name;
    if (name == "avx512") CHECK(cpu_features().avx512);
    if (name == "avx2") CHECK(cpu_features().avx2);
  }
  if (cpu_features().avx512) CHECK(cpu_features().avx2);
  CHECK(!cpu_brand().empty());
}

}  // namespace
}  // namespace pointsman
