#include "cuda/support.h"

namespace pointsman::test {

void for_each_execution(const std::function<void()>& body) {
  body();
}

}  // namespace pointsman::test
