#include "base/json_file.h"

#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"

namespace pointsman {
namespace {

using nlohmann::json;

// Called by the parser at every bracket and name, with the depth counted from 0 at the outermost bracket.
class StructureCheck {
 public:
  StructureCheck(const std::string& what, int max_depth) : what_(what), max_depth_(max_depth) {}

  void operator()(int depth, json::parse_event_t event, const json& parsed) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= max_depth_) {
      throw Error(ErrorCode::kCorruptFile, what_ + ": expected at most " + std::to_string(max_depth_) +
                                               " levels of nesting, got more");
    }
    if (event == json::parse_event_t::object_start) names_.emplace_back();
    if (event == json::parse_event_t::object_end) names_.pop_back();
    if (event == json::parse_event_t::key && !names_.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorCode::kCorruptFile,
                  what_ + ": the name \"" + parsed.get<std::string>() + "\" is used twice");
    }
  }

 private:
  const std::string& what_;
  int max_depth_;
  std::vector<std::unordered_set<std::string>> names_;  // of every object that is still open
};

}  // namespace

json parse_json(std::string_view text, const std::string& what, int max_depth) {
  StructureCheck check(what, max_depth);
  const auto callback = [&](int depth, json::parse_event_t event, const json& parsed) {
    check(depth, event, parsed);
    return true;
  };
  json value;
  try {
    value = json::parse(text.begin(), text.end(), callback);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kCorruptFile, what + ": not valid JSON: " + error.what());
  }
  if (!value.is_object())
    throw Error(ErrorCode::kCorruptFile, what + ": expected a JSON object, got " + value.type_name());
  return value;
}

json read_json_file(const std::filesystem::path& path, int max_depth) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(), max_depth);
}

}  // namespace pointsman
