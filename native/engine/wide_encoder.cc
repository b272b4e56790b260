#include "engine/wide_encoder.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace pointsman {

WideEncoder::WideEncoder(Load load) : load_(std::move(load)) {}

const Encoder* WideEncoder::get() const {
  if (!load_) return nullptr;
  const std::lock_guard lock(mutex_);
  if (encoder_ != nullptr) return encoder_.get();
  try {
    encoder_ = std::make_unique<const Encoder>(load_());
  } catch (const Error& error) {
    // Never kOutOfMemory, which says that a smaller batch may do.
    throw Error(ErrorCode::kDeviceUnavailable,
                std::string("a text overflows the number format of the encoder, which could not be loaded in "
                            "one of wider range: ") +
                    error.what());
  }
  return encoder_.get();
}

}  // namespace pointsman
