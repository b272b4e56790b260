// The PTX that nvcc made of the kernel, interpreted: what the host's compiler cannot see, the operands of
// inline assembly above all. The host's build of the kernel gives its address, hence its name, and is not
// run.
#include <cstdlib>

#include "cuda_emulation/executor.h"
#include "cuda_emulation/ptx_module.h"

namespace pointsman::cuda_emulation {
namespace {

const std::map<std::string, ptx::Kernel>& kernels() {
  static const std::map<std::string, ptx::Kernel> all = [] {
    std::map<std::string, ptx::Kernel> found;
    const char* folder = std::getenv("POINTSMAN_PTX");
    if (folder == nullptr) throw Fault("POINTSMAN_PTX does not name the folder of the kernels' PTX");
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() == ".ptx") found.merge(ptx::read_module(file.path()));
    }
    return found;
  }();
  return all;
}

}  // namespace

Launch with_executor(Launch launch) {
  const auto found = kernels().find(launch.name);
  if (found == kernels().end()) throw Fault("no PTX of " + launch.name);
  launch.program = [&kernel = found->second](const void* arguments) { ptx::run(kernel, arguments); };
  return launch;
}

}  // namespace pointsman::cuda_emulation
