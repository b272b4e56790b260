#include "model/safetensors.h"

#include <array>
#include <string>

#include "kernels/select.h"
#include "model/safetensors_writer.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

constexpr const char* kTwoTensors =
    R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I64","shape":[],"data_offsets":[16,24]}})";

// Writes `bytes` and expects the reader to refuse them with `path` + `message`.
void check_refused(ErrorCode code, const std::string& bytes, const std::string& message) {
  CAPTURE(message);
  const TemporaryFolder folder;
  const auto path = folder / "file.safetensors";
  write_file(path, bytes);
  check_error(code, path.string() + message, [&] { const SafetensorsFile file(path); });
}

void check_corrupt(const std::string& header, std::size_t data_bytes, const std::string& message) {
  check_refused(ErrorCode::kCorruptFile, safetensors_bytes(header, std::string(data_bytes, '\0')), message);
}

std::string entry(const std::string& fields) {
  return R"({"a":{)" + fields + "}}";
}

TEST_CASE("a well-formed file gives its tensors with dtype, shape and bytes") {
  const TemporaryFolder folder;
  const auto path = folder / "ok.safetensors";
  write_file(path, safetensors_bytes(std::string(kTwoTensors) + "   ", std::string(24, '\x07')));
  const SafetensorsFile file(path);
  CHECK(file.num_tensors() == 2);
  CHECK(file.contains("a"));
  CHECK_FALSE(file.contains("c"));
  CHECK(file.tensor("a").dtype == "F32");
  CHECK(file.tensor("a").shape == std::vector<std::size_t>{2, 2});
  CHECK(file.tensor("b").shape.empty());
  CHECK(file.tensor("b").bytes.size() == 8);
  CHECK(file.tensor("b").bytes[0] == std::byte{7});
}

TEST_CASE("metadata is not a tensor, and tensors without elements are allowed") {
  const TemporaryFolder folder;
  const auto path = folder / "ok.safetensors";
  write_file(path, safetensors_bytes(R"({"__metadata__":{"format":"pt"},
      "none":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"one":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                     "x"));
  const SafetensorsFile file(path);
  CHECK(file.num_tensors() == 2);
  CHECK(file.tensor("none").bytes.empty());
}

TEST_CASE("F32, F16 and BF16 read as the same floats, at any alignment") {
  const std::array<float, 6> values{0.0F, 1.0F, -0.5F, 127.0F / 64.0F, -96.0F, 0.0078125F};
  for (const std::string dtype : {"F32", "F16", "BF16"}) {
    for (const KernelTable* kernels : available_kernel_tables()) {
      CAPTURE(dtype);
      CAPTURE(kernels->name);
      const TemporaryFolder folder;
      write_safetensors(folder / "x", {{"x", {{2, 3}, {values.begin(), values.end()}}}}, dtype);
      const SafetensorsFile file(folder / "x");
      const std::array<std::size_t, 2> shape{2, 3};
      const StoredFloats stored = file.floats("x", shape);
      CHECK(stored.count() == 6);
      std::array<float, 6> read{};
      load_floats(stored, 0, read, *kernels);
      CHECK(read == values);
      std::array<float, 2> tail{};
      load_floats(stored, 4, tail, *kernels);
      CHECK(tail == std::array<float, 2>{values[4], values[5]});
    }
  }
}

TEST_CASE("long 16-bit tensors read past the internal chunk") {
  Tensor tensor{{1500}, {}};
  for (int i = 0; i < 1500; ++i) tensor.values.push_back(static_cast<float>(i % 255 - 127) / 64.0F);
  for (const std::string dtype : {"F16", "BF16"}) {
    const TemporaryFolder folder;
    write_safetensors(folder / "x", {{"x", tensor}}, dtype);
    const SafetensorsFile file(folder / "x");
    const std::array<std::size_t, 1> shape{1500};
    std::vector<float> read(1500);
    load_floats(file.floats("x", shape), 0, read, kernels());
    CHECK(read == tensor.values);
  }
}

TEST_CASE("a missing file, a folder and an empty file each say so") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing";
  check_error(ErrorCode::kFileNotFound, "cannot open " + missing.string() + ": No such file or directory",
              [&] { const SafetensorsFile file(missing); });
  const auto inside = folder / "";
  check_error(ErrorCode::kFileNotFound,
              "cannot read " + inside.string() + ": expected a file, got a folder or device",
              [&] { const SafetensorsFile file(inside); });
  check_refused(ErrorCode::kCorruptFile, "", ": expected a safetensors file of at least 8 bytes, got 0");
}

TEST_CASE("a damaged length or header is refused before anything is read by it") {
  check_refused(ErrorCode::kCorruptFile, "1234567",
                ": expected a safetensors file of at least 8 bytes, got 7");
  check_refused(
      ErrorCode::kCorruptFile, std::string(16, '\xFF'),
      ": the header claims 18446744073709551615 bytes, the format allows 100000000; not a safetensors file?");
  check_refused(ErrorCode::kCorruptFile, std::string("\x09\0\0\0\0\0\0\0{}", 10),
                ": the header claims 9 bytes, the file has 2 after its length; the file is truncated");
  check_corrupt("[]", 0, ": header: expected a JSON object, got array");
  check_corrupt(R"({"a":{"dtype":{"x":{}}}})", 0, ": header: expected at most 3 levels of nesting, got more");
  check_corrupt(R"({"a":{},"a":{}})", 0, ": header: the name \"a\" is used twice");
  check_corrupt(R"({"a":{"dtype":"F32","dtype":"F16"}})", 0, ": header: the name \"dtype\" is used twice");
}

TEST_CASE("a header that is not JSON is refused") {
  const TemporaryFolder folder;
  for (const std::string header : {"{", "{\"a\":}", "", "{} x", "{\"\xFF\":{}}"}) {
    CAPTURE(header);
    const auto path = folder / "x";
    write_file(path, safetensors_bytes(header, ""));
    const Error error = error_of([&] { const SafetensorsFile file(path); });
    CHECK(error.code() == ErrorCode::kCorruptFile);
    CHECK(std::string(error.what()).starts_with(path.string() + ": header: not valid JSON: "));
  }
}

TEST_CASE("an entry that is not a tensor description is refused by name") {
  check_corrupt(R"({"a":1})", 0, ": tensor \"a\": expected the header entry to be an object");
  check_corrupt(entry(R"("shape":[],"data_offsets":[0,4])"), 4,
                ": tensor \"a\": the header entry has no \"dtype\"");
  check_corrupt(entry(R"("dtype":3,"shape":[],"data_offsets":[0,4])"), 4,
                ": tensor \"a\": expected \"dtype\" to be a string");
  check_corrupt(entry(R"("dtype":"F32","data_offsets":[0,4])"), 4,
                ": tensor \"a\": the header entry has no \"shape\"");
  const std::string bad_shape = ": tensor \"a\": expected \"shape\" to be a list of non-negative integers";
  for (const char* shape : {"4", "[-1]", "[1.5]", "[\"1\"]", "[99999999999999999999]", "[null]"}) {
    check_corrupt(entry(R"("dtype":"F32","shape":)" + std::string(shape) + R"(,"data_offsets":[0,4])"), 4,
                  bad_shape);
  }
  check_corrupt(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4,
                ": tensor \"a\": expected \"data_offsets\" to be [begin, end], got [4, 0]");
  check_corrupt(entry(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), 4,
                ": tensor \"a\": expected \"data_offsets\" to be [begin, end], got [0]");
  check_refused(
      ErrorCode::kUnsupported,
      safetensors_bytes(entry(R"("dtype":"F128","shape":[1],"data_offsets":[0,16])"), std::string(16, ' ')),
      ": tensor \"a\": dtype \"F128\" is not known");
}

TEST_CASE("byte ranges are compared with the file and with the shape") {
  check_corrupt(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 7,
                ": tensor \"a\": its data ends at byte 8, the file has 7 bytes of data; the file is "
                "truncated or damaged");
  check_corrupt(
      entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615])"), 4,
      ": tensor \"a\": its data ends at byte 18446744073709551615, the file has 4 bytes of data; the file is "
      "truncated or damaged");
  check_corrupt(entry(R"("dtype":"F16","shape":[3],"data_offsets":[0,4])"), 4,
                ": tensor \"a\": F16 [3] takes 6 bytes, its data_offsets span 4");
  check_corrupt(entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), 0,
                ": tensor \"a\": the shape [4294967296, 4294967296] is larger than the address space");
}

TEST_CASE("overlaps, holes and bytes that belong to no tensor are refused") {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  check_corrupt(two("[0,4]", "[2,6]"), 6,
                ": tensor \"b\": its data begins at byte 2, expected 4: it overlaps the tensor before it");
  check_corrupt(two("[0,4]", "[0,4]"), 4,
                ": tensor \"b\": its data begins at byte 0, expected 4: it overlaps the tensor before it");
  check_corrupt(two("[0,4]", "[5,9]"), 9,
                ": tensor \"b\": its data begins at byte 5, expected 4: it leaves a hole before it");
  check_corrupt(two("[1,5]", "[5,9]"), 9,
                ": tensor \"a\": its data begins at byte 1, expected 0: it leaves a hole before it");
  check_corrupt(two("[0,4]", "[4,8]"), 10, ": the tensors cover 8 of 10 bytes of data");
}

TEST_CASE("every truncation of a valid file is refused") {
  const TemporaryFolder folder;
  const std::string whole = safetensors_bytes(kTwoTensors, std::string(24, '\0'));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(folder / "x", whole.substr(0, length));
    const Error error = error_of([&] { const SafetensorsFile file(folder / "x"); });
    CHECK(error.code() == ErrorCode::kCorruptFile);
  }
}

TEST_CASE("asking for a tensor by a wrong name, shape or dtype says what was expected and found") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  write_file(path, safetensors_bytes(kTwoTensors, std::string(24, '\0')));
  const SafetensorsFile file(path);
  const std::array<std::size_t, 2> wrong{2, 3};
  check_error(ErrorCode::kCorruptFile,
              path.string() +
                  ": tensor \"c\": missing; the file has 2 other tensors. Is it the model that config.json "
                  "describes?",
              [&] { (void)file.tensor("c"); });
  check_error(ErrorCode::kCorruptFile, path.string() + ": tensor \"a\": expected shape [2, 3], got [2, 2]",
              [&] { (void)file.floats("a", wrong); });
  check_error(ErrorCode::kUnsupported,
              path.string() + ": tensor \"b\": expected dtype F32, F16 or BF16, got I64",
              [&] { (void)file.floats("b", {}); });
}

}  // namespace
}  // namespace pointsman::test
