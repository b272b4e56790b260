// The encoder for texts that another one overflows on: the same weights in a number format of wider range,
// loaded when the first such text comes. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "model/encoder.h"

namespace pointsman {

class WideEncoder {
 public:
  using Load = std::function<Encoder()>;

  // `load` is empty where there is no wider format.
  explicit WideEncoder(Load load);

  // Null where there is no wider format. Throws kDeviceUnavailable where it cannot be loaded; the next call
  // tries again.
  const Encoder* get() const;

 private:
  Load load_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const Encoder> encoder_;
};

}  // namespace pointsman
