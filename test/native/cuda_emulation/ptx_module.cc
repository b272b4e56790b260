#include "cuda_emulation/ptx_module.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cuda_emulation/settings.h"

namespace pointsman::cuda_emulation::ptx {
namespace {

// One kernel's text into statements.
class Reader {
 public:
  explicit Reader(std::string name) { kernel_.name = std::move(name); }

  void read(const std::string& body) {
    std::string text;
    std::size_t depth = 0;  // of braces within operands
    for (const char c : body) {
      if (c == '{' && blank(text)) continue;  // a scope
      if (c == '}' && depth == 0) continue;
      if (c == '{') ++depth;
      if (c == '}') --depth;
      if (c == ':' && text.find('$') != std::string::npos && text.find(' ') == std::string::npos) {
        labels_[trimmed(text)] = kernel_.statements.size();
        text.clear();
      } else if (c == ';') {
        add(trimmed(text));
        text.clear();
      } else {
        text += c == '\n' || c == '\t' ? ' ' : c;
        if (blank(text)) text.clear();
      }
    }
  }

  Kernel finish() {
    for (std::size_t i = 0; i < kernel_.statements.size(); ++i) {
      if (targets_.count(i) != 0) kernel_.statements[i].target = labels_.at(targets_[i]);
    }
    kernel_.num_registers = registers_.size();
    return std::move(kernel_);
  }

 private:
  static bool blank(const std::string& text) { return text.find_first_not_of(" \n\t") == std::string::npos; }
  static std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
  }

  void add(std::string text) {
    if (text.empty() || text[0] == '.') return;  // declarations
    Statement statement;
    if (text[0] == '@') {
      const std::size_t end = text.find(' ');
      statement.guard_is_negated = text[1] == '!';
      statement.guard = static_cast<int>(register_index(
          text.substr(statement.guard_is_negated ? 2 : 1, end - (statement.guard_is_negated ? 2 : 1))));
      text = trimmed(text.substr(end));
    }
    const std::size_t end = text.find(' ');
    statement.opcode = text.substr(0, end);
    statement.handler = handler_of(statement.opcode);
    if (statement.handler == nullptr) throw Fault("PTX: " + statement.opcode + " is not known");
    const std::string operands = end == std::string::npos ? "" : text.substr(end);
    if (statement.opcode.starts_with("bra")) {
      targets_[kernel_.statements.size()] = trimmed(operands);
    } else {
      std::string part;
      for (const char c : operands + ",") {
        if (c == ' ' || c == '{' || c == '}' || c == '[' || c == ']') continue;
        if (c != ',' && c != '|') {
          part += c;
          continue;
        }
        if (!part.empty()) statement.operands.push_back(operand(part));
        part.clear();
      }
    }
    kernel_.statements.push_back(std::move(statement));
  }

  std::size_t register_index(const std::string& name) {
    return registers_.try_emplace(name, registers_.size()).first->second;
  }

  // %r1, %r1+16, %tid.x, -5, 0x10, 0f3F800000, name_param_0+8, the shared array.
  Operand operand(const std::string& text) {
    Operand result;
    const std::size_t plus = text.find('+', 1);
    const std::string base = text.substr(0, plus);
    if (plus != std::string::npos)
      result.value = static_cast<std::uint64_t>(std::strtoll(text.c_str() + plus + 1, nullptr, 0));
    if (base.starts_with("%tid") || base.starts_with("%ctaid")) {
      result.kind = Operand::Kind::kSpecial;
      result.name = base;
    } else if (base.starts_with("0f")) {
      result.value = std::strtoull(base.c_str() + 2, nullptr, 16);
    } else if (base.find("_param_") != std::string::npos) {
      result.kind = Operand::Kind::kParameter;
    } else if (base.starts_with("_Z")) {
      result.kind = Operand::Kind::kShared;
    } else if (base[0] == '-' || (base[0] >= '0' && base[0] <= '9')) {
      result.value = static_cast<std::uint64_t>(std::strtoll(base.c_str(), nullptr, 0));
    } else {
      result.kind = Operand::Kind::kRegister;
      result.index = register_index(base);
    }
    return result;
  }

  Kernel kernel_;
  std::map<std::string, std::size_t> registers_;
  std::map<std::string, std::size_t> labels_;
  std::map<std::size_t, std::string> targets_;
};

std::string without_comments(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) kept += line.substr(0, line.find("//")) + "\n";
  return kept;
}

}  // namespace

std::map<std::string, Kernel> read_module(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream contents;
  contents << file.rdbuf();
  const std::string text = without_comments(contents.str());
  std::map<std::string, Kernel> kernels;
  for (std::size_t at = text.find(".entry "); at != std::string::npos; at = text.find(".entry ", at)) {
    const std::size_t name_end = text.find('(', at);
    const std::string name = text.substr(at + 7, name_end - at - 7);
    const std::size_t begin = text.find("\n{", name_end) + 2;
    const std::size_t end = text.find("\n}", begin);
    Reader reader(name);
    reader.read(text.substr(begin, end - begin));
    kernels.emplace(name, reader.finish());
    at = end;
  }
  return kernels;
}

}  // namespace pointsman::cuda_emulation::ptx
