// AVX-512 in float32.
#include "kernels/avx512_vector.h"
#include "kernels/isa_tables.h"
#include "kernels/simd/table.h"

namespace pointsman {

constinit const KernelTable kAvx512Kernels = simd::make_table<Avx512>("avx512");

}  // namespace pointsman
