#include "text/focus.h"

#include <string>

#include "doctest/doctest.h"

namespace pointsman::test {
namespace {

constexpr std::size_t kAll = 1'000'000;

// The text from the focus on, or "none".
std::string focus_of(const std::string& text, std::size_t max_bytes = kAll) {
  const std::size_t focus = find_focus(text, max_bytes);
  return focus == kNoFocus ? "none" : text.substr(focus);
}

TEST_CASE("a title at the begin of a line opens a user's part, and the last one counts") {
  CHECK(focus_of("Be brief.\nQuestion: one?\nAnswer: 1\n\nQuestion: two?\nAnswer:") ==
        "Question: two?\nAnswer:");
  for (const char* title : {"User:", "human:", "HUMAN :", "Question 12:", "Q:", "Q3:", "Problem:", "Input:",
                            "Instruction:", "### Question:", "## Input:", "### Instruction", "### Question ",
                            "**User:**", "**Human**:", "> Q:", "  Question:"}) {
    CAPTURE(title);
    const std::string part = std::string(title) + "\nwhy?";
    CHECK(focus_of("Some rules.\n" + part) == part);
    CHECK(focus_of("Some rules.\r\n" + part) == part);
    CHECK(focus_of(part) == part);
  }
}

TEST_CASE("a control word of a chat template opens a user's part wherever it stands") {
  for (const char* word : {"<|im_start|>user", "<|start_header_id|>user<|end_header_id|>", "<|user|>",
                           "<start_of_turn>user", "[INST]", "<|USER|>"}) {
    CAPTURE(word);
    const std::string part = std::string(word) + "\nwhy?";
    CHECK(focus_of("rules </s><s>" + part) == part);
  }
  CHECK(focus_of("<s>[INST] a [/INST] b </s><s>[INST] c [/INST]") == "[INST] c [/INST]");
}

TEST_CASE("a control word wins over a title, which may be part of what was pasted") {
  CHECK(focus_of("<|user|>\nSum up:\nQ: a\nA: b\nQ: c\nA: d\n<|assistant|>\n").starts_with("<|user|>"));
}

TEST_CASE("a mark without text after it is passed over") {
  CHECK(focus_of("User: why?\nBot: because\nUser: \n") == "User: why?\nBot: because\nUser: \n");
  CHECK(focus_of("[INST] why? [INST]  ") == "[INST] why? [INST]  ");
  CHECK(focus_of("User:") == "none");
}

TEST_CASE("other words and places are no marks") {
  for (const char* text :
       {"", "User", "Users: many", "The question: why?", "Quiz: a", "Question\nwhy?", "### Instructions\na",
        "### Questions asked", "[/INST] a", "<user> a", "Answer: a", "a User: b", "Question twelve: a"}) {
    CAPTURE(text);
    CHECK(focus_of(text) == "none");
  }
}

TEST_CASE("marks are looked for at the end only, as far as asked") {
  const std::string text = "User: why?\n" + std::string(1000, 'a');
  CHECK(focus_of(text, text.size()) == text);
  CHECK(focus_of(text, text.size() - 1) == "none");
  // "input: a" is no begin of a line only because the bytes before it are not looked at.
  CHECK(focus_of("my input: a", 8) == "none");
  CHECK(focus_of("<|user|> a", 10) == "<|user|> a");
  CHECK(focus_of("<|user|> a", 9) == "none");
}

}  // namespace
}  // namespace pointsman::test
