#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json_file.h"
#include "nlohmann/json.hpp"

namespace pointsman {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
// The format's own limit; it keeps a damaged length from being read as a request for gigabytes of JSON.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
// { tensor: { key: [ numbers ] } } nests no deeper.
constexpr int kMaxHeaderDepth = 3;

struct DType {
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<DType, 16> kDTypes{{{"F32", 4},
                                         {"F16", 2},
                                         {"BF16", 2},
                                         {"F64", 8},
                                         {"F8_E4M3", 1},
                                         {"F8_E5M2", 1},
                                         {"I64", 8},
                                         {"I32", 4},
                                         {"I16", 2},
                                         {"I8", 1},
                                         {"U64", 8},
                                         {"U32", 4},
                                         {"U16", 2},
                                         {"U8", 1},
                                         {"BOOL", 1},
                                         {"C64", 8}}};

// Says which file and which tensor in front of every complaint.
class Complaint {
 public:
  Complaint(const std::filesystem::path& path, std::string_view tensor)
      : where_(path.string() + ": tensor \"" + std::string(tensor) + "\": ") {}

  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::kCorruptFile, where_ + what);
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorCode::kUnsupported, where_ + what);
  }

 private:
  std::string where_;
};

std::string_view header_text(std::span<const std::byte> file, const std::filesystem::path& path) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kCorruptFile, path.string() + ": " + what);
  };
  if (file.size() < kLengthBytes) {
    fail("expected a safetensors file of at least 8 bytes, got " + std::to_string(file.size()));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > kMaxHeaderBytes) {
    fail("the header claims " + std::to_string(length) + " bytes, the format allows " +
         std::to_string(kMaxHeaderBytes) + "; not a safetensors file?");
  }
  if (length > file.size() - kLengthBytes) {
    fail("the header claims " + std::to_string(length) + " bytes, the file has " +
         std::to_string(file.size() - kLengthBytes) + " after its length; the file is truncated");
  }
  return {reinterpret_cast<const char*>(file.data()) + kLengthBytes, static_cast<std::size_t>(length)};
}

std::size_t dtype_bytes(const std::string& dtype, const Complaint& complaint) {
  const auto* found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DType& d) { return d.name == dtype; });
  if (found == kDTypes.end()) complaint.unsupported("dtype \"" + dtype + "\" is not known");
  return found->bytes;
}

const json& field(const json& entry, const char* key, const Complaint& complaint) {
  const auto found = entry.find(key);
  if (found == entry.end()) complaint.corrupt(std::string("the header entry has no \"") + key + "\"");
  return *found;
}

std::vector<std::size_t> unsigned_list(const json& list, const char* key, const Complaint& complaint) {
  const auto fail = [&] {
    complaint.corrupt(std::string("expected \"") + key + "\" to be a list of non-negative integers");
  };
  if (!list.is_array()) fail();
  std::vector<std::size_t> values;
  values.reserve(list.size());
  for (const json& value : list) {
    if (!value.is_number_unsigned()) fail();
    values.push_back(value.get<std::size_t>());
  }
  return values;
}

std::size_t checked_byte_count(std::span<const std::size_t> shape, std::size_t element,
                               const Complaint& complaint) {
  std::size_t product = element;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(product, extent, &product)) {
      complaint.corrupt("the shape " + shape_text(shape) + " is larger than the address space");
    }
  }
  return product;
}

TensorView checked_tensor(const json& entry, std::span<const std::byte> data, const Complaint& complaint) {
  if (!entry.is_object()) complaint.corrupt("expected the header entry to be an object");
  const json& dtype = field(entry, "dtype", complaint);
  if (!dtype.is_string()) complaint.corrupt("expected \"dtype\" to be a string");
  TensorView view{
      dtype.get<std::string>(), unsigned_list(field(entry, "shape", complaint), "shape", complaint), {}};
  const auto offsets = unsigned_list(field(entry, "data_offsets", complaint), "data_offsets", complaint);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    complaint.corrupt("expected \"data_offsets\" to be [begin, end], got " + shape_text(offsets));
  }
  if (offsets[1] > data.size()) {
    complaint.corrupt("its data ends at byte " + std::to_string(offsets[1]) + ", the file has " +
                      std::to_string(data.size()) + " bytes of data; the file is truncated or damaged");
  }
  const std::size_t expected = checked_byte_count(view.shape, dtype_bytes(view.dtype, complaint), complaint);
  if (expected != offsets[1] - offsets[0]) {
    complaint.corrupt(view.dtype + " " + shape_text(view.shape) + " takes " + std::to_string(expected) +
                      " bytes, its data_offsets span " + std::to_string(offsets[1] - offsets[0]));
  }
  view.bytes = data.subspan(offsets[0], expected);
  return view;
}

using TensorMap = std::map<std::string, TensorView, std::less<>>;

// The format wants the data tiled: every byte belongs to exactly one tensor.
void check_coverage(const TensorMap& tensors, std::span<const std::byte> data,
                    const std::filesystem::path& path) {
  std::vector<const TensorMap::value_type*> in_file_order;
  in_file_order.reserve(tensors.size());
  for (const auto& tensor : tensors) in_file_order.push_back(&tensor);
  std::sort(in_file_order.begin(), in_file_order.end(), [](const auto* a, const auto* b) {
    const auto& x = a->second.bytes;
    const auto& y = b->second.bytes;
    return std::pair(x.data(), x.size()) < std::pair(y.data(), y.size());
  });
  std::size_t covered = 0;
  for (const auto* tensor : in_file_order) {
    const auto begin = static_cast<std::size_t>(tensor->second.bytes.data() - data.data());
    if (begin != covered) {
      const char* fault = begin < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      Complaint(path, tensor->first)
          .corrupt("its data begins at byte " + std::to_string(begin) + ", expected " +
                   std::to_string(covered) + ": it " + fault);
    }
    covered += tensor->second.bytes.size();
  }
  if (covered != data.size()) {
    throw Error(ErrorCode::kCorruptFile, path.string() + ": the tensors cover " + std::to_string(covered) +
                                             " of " + std::to_string(data.size()) + " bytes of data");
  }
}

}  // namespace

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::string_view text = header_text(file_.bytes(), path);
  const json header = parse_json(text, path.string() + ": header", kMaxHeaderDepth);
  const auto data = file_.bytes().subspan(kLengthBytes + text.size());
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    tensors_.emplace(name, checked_tensor(entry, data, Complaint(path, name)));
  }
  check_coverage(tensors_, data, path);
}

const TensorView& SafetensorsFile::tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    Complaint(path_, name)
        .corrupt("missing; the file has " + std::to_string(tensors_.size()) +
                 " other tensors. Is it the model that config.json describes?");
  }
  return found->second;
}

StoredFloats SafetensorsFile::floats(std::string_view name,
                                     std::span<const std::size_t> expected_shape) const {
  const TensorView& view = tensor(name);
  const Complaint complaint(path_, name);
  if (!std::equal(view.shape.begin(), view.shape.end(), expected_shape.begin(), expected_shape.end())) {
    complaint.corrupt("expected shape " + shape_text(expected_shape) + ", got " + shape_text(view.shape));
  }
  if (view.dtype == "F32") return {FloatFormat::kF32, view.bytes};
  if (view.dtype == "F16") return {FloatFormat::kF16, view.bytes};
  if (view.dtype == "BF16") return {FloatFormat::kBF16, view.bytes};
  complaint.unsupported("expected dtype F32, F16 or BF16, got " + view.dtype);
}

}  // namespace pointsman
