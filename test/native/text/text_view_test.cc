#include "text/text_view.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "model/support.h"
#include "text/random_texts.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

// Without [CLS] and [SEP], which every view has around its tokens.
Ids content_of(const WordPieceTokenizer& tokenizer, TextView view, std::string_view text, std::size_t limit) {
  Ids ids;
  const std::size_t count = encode_view(tokenizer, view, text, limit, ids);
  REQUIRE(count == ids.size());
  REQUIRE(ids.size() <= limit);
  REQUIRE(ids.size() >= 2);
  CHECK(ids.front() == kCls);
  CHECK(ids.back() == kSep);
  return {ids.begin() + 1, ids.end() - 1};
}

Ids viewed(const WordPieceTokenizer& tokenizer, std::string_view text, std::size_t limit) {
  return content_of(tokenizer, TextView::kHeadFocusTail, text, limit);
}

Ids all_tokens(const WordPieceTokenizer& tokenizer, std::string_view text) {
  Ids ids;
  tokenizer.encode_part(text, text.size(), ids);
  return ids;
}

Ids joined(std::initializer_list<Ids> parts) {
  Ids ids;
  for (const Ids& part : parts) ids.insert(ids.end(), part.begin(), part.end());
  return ids;
}

Ids slice(const Ids& ids, std::size_t begin, std::size_t end) {
  return {ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.begin() + static_cast<std::ptrdiff_t>(end)};
}

Ids last(const Ids& ids, std::size_t count) {
  return slice(ids, ids.size() - count, ids.size());
}

// Whether `part` is the first `head` tokens of `whole` and then its last ones.
bool is_head_and_tail(const Ids& part, const Ids& whole, std::size_t head) {
  return head <= part.size() && part.size() <= whole.size() &&
         part == joined({slice(whole, 0, head), last(whole, part.size() - head)});
}

std::string repeat(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

json with_mask() {
  json tokenizer = tiny_tokenizer_json();
  tokenizer["added_tokens"] = json::array({added_token(kMask, "[MASK]"), added_token(kSep, "[SEP]")});
  return tokenizer;
}

// Ten megabytes of which only the two ends can be read: touching the middle ends the process.
class GuardedText {
 public:
  GuardedText(std::string_view begin, std::string_view end, std::size_t readable) {
    bytes_ =
        static_cast<char*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(bytes_ != MAP_FAILED);
    for (std::size_t i = 0; i < kSize; ++i) bytes_[i] = i % 5 == 4 ? ' ' : 'a';
    std::memcpy(bytes_, begin.data(), begin.size());
    std::memcpy(bytes_ + kSize - end.size(), end.data(), end.size());
    REQUIRE(readable % kPage == 0);
    REQUIRE(mprotect(bytes_ + readable, kSize - 2 * readable, PROT_NONE) == 0);
  }
  ~GuardedText() { munmap(bytes_, kSize); }
  GuardedText(const GuardedText&) = delete;
  GuardedText& operator=(const GuardedText&) = delete;

  std::string_view text() const { return {bytes_, kSize}; }

 private:
  static constexpr std::size_t kPage = 65'536;
  static constexpr std::size_t kSize = 160 * kPage;
  char* bytes_;
};

TEST_CASE("a text that fits is read whole under every view, and one token more is not") {
  const auto tokenizer = load(with_mask());
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    const std::string text = random_text(random, 1 + random() % 300);
    const Ids whole = all_tokens(*tokenizer, text);
    for (const std::size_t more : {0, 1, 100}) {
      CHECK(viewed(*tokenizer, text, whole.size() + 2 + more) == whole);
    }
    if (whole.size() < 2) continue;
    const Ids cut = viewed(*tokenizer, text, whole.size() + 1);
    CHECK(cut.size() == whole.size() - 1);
    CHECK(cut != slice(whole, 0, whole.size() - 1));  // the last token is kept, one in the middle is not
  }
}

TEST_CASE("the view named head is plain truncation") {
  const auto tokenizer = load(tiny_tokenizer_json());
  const std::string text = repeat("hello, ab! ", 100);
  for (const std::size_t limit : {2, 3, 8, 100, 1000}) {
    Ids ids;
    tokenizer->encode(text, limit, ids);
    CHECK(content_of(*tokenizer, TextView::kHead, text, limit) == slice(ids, 1, ids.size() - 1));
  }
}

TEST_CASE("a long text keeps a quarter of the tokens for its head and the rest for its tail") {
  const auto tokenizer = load(with_mask());
  std::mt19937 random(5);
  for (int round = 0; round < 150; ++round) {
    const std::string text = random_text(random, 100 + random() % 3000);
    const Ids whole = all_tokens(*tokenizer, text);
    for (const std::size_t limit : {3, 4, 6, 8, 9, 30, 66}) {
      const std::size_t tokens = limit - 2;
      if (whole.size() <= tokens) continue;
      CAPTURE(limit);
      const Ids part = viewed(*tokenizer, text, limit);
      CHECK(part.size() == tokens);
      // Where the two nearly meet, a word that is not cut moves the seam.
      const bool meet = whole.size() < tokens + 24;
      bool found = is_head_and_tail(part, whole, tokens / 4);
      for (std::size_t head = 0; meet && !found && head <= tokens; ++head) {
        found = is_head_and_tail(part, whole, head);
      }
      CHECK(found);
    }
  }
}

TEST_CASE("where the last user's part is longer than the tail, its begin is kept as the focus") {
  const auto tokenizer = load(with_mask());
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    const std::string rules = random_text(random, 400) + " hello\n";
    const std::string question = "Q: " + random_text(random, 400);
    const Ids whole = all_tokens(*tokenizer, rules + question);
    const std::size_t begin = all_tokens(*tokenizer, rules).size();
    for (const std::size_t limit : {8, 18, 66}) {
      CAPTURE(limit);
      const std::size_t quarter = (limit - 2) / 4;
      const std::size_t tail = limit - 2 - 2 * quarter;
      CHECK(viewed(*tokenizer, rules + question, limit) ==
            joined({slice(whole, 0, quarter), slice(whole, begin, begin + quarter), last(whole, tail)}));
    }
  }
}

TEST_CASE("a last question that fits into the tail, or begins in the head, takes no tokens of its own") {
  const auto tokenizer = load(tiny_tokenizer_json());
  for (const std::string& text :
       {repeat("hello ab, ", 100) + "\nQ: a b c!", "Q: a b c!\n" + repeat("hello ab, ", 100)}) {
    const Ids whole = all_tokens(*tokenizer, text);
    CHECK(is_head_and_tail(viewed(*tokenizer, text, 34), whole, 8));
  }
}

TEST_CASE("of ten megabytes only the ends are read") {
  constexpr std::size_t kReadable = 65'536;
  const auto tokenizer = load(with_mask());
  const std::string question = "\nQ: b " + repeat("hello ", 5000);
  for (const std::string& end :
       {std::string(" b b b"), question, std::string(40'000, ' '), std::string(40'000, 'a'),
        repeat("\u4e2d", 10'000), repeat("\xff", 40'000)}) {
    for (const std::string& begin :
         {std::string("b b "), std::string(40'000, ' '), std::string(40'000, 'a')}) {
      const GuardedText guarded(begin, end, kReadable);
      for (const std::size_t limit : {3, 8, 64, 250}) viewed(*tokenizer, guarded.text(), limit);
    }
  }
  const GuardedText guarded("b b ", question, kReadable);
  const Ids part = viewed(*tokenizer, guarded.text(), 250);
  CHECK(part.size() == 248);
  CHECK(slice(part, 0, 2) == all_tokens(*tokenizer, "b b"));
  CHECK(slice(part, 62, 66) == slice(all_tokens(*tokenizer, "Q: b hello"), 0, 4));
}

TEST_CASE("ten megabytes without a word's end are one unknown token, and what stands around them is kept") {
  const auto tokenizer = load(with_mask());
  const std::string word(10'000'000, 'a');
  CHECK(viewed(*tokenizer, word, 256) == Ids{kUnk});
  CHECK(viewed(*tokenizer, "b " + word + " c", 256) == all_tokens(*tokenizer, "b " + word + " c"));
  CHECK(viewed(*tokenizer, std::string(10'000'000, ' ') + "b", 256) == all_tokens(*tokenizer, "b"));
  CHECK(viewed(*tokenizer, "", 256).empty());
}

TEST_CASE("a text of few tokens far apart keeps some from each end, in order") {
  const auto tokenizer = load(tiny_tokenizer_json());
  std::mt19937 random(13);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    while (text.size() < 20'000)
      text += std::string(random() % 400, ' ') + "ab" + std::string(random() % 30, 'a');
    const Ids whole = all_tokens(*tokenizer, text);
    for (const std::size_t limit : {8, 40, 130}) {
      const Ids part = viewed(*tokenizer, text, limit);
      bool found = false;
      for (std::size_t head = 0; !found && head <= part.size(); ++head) {
        found = is_head_and_tail(part, whole, head);
      }
      CHECK(found);
      CHECK(part.size() >= std::min<std::size_t>(limit - 2, 4));
    }
  }
}

TEST_CASE("a limit below the special tokens is an error under every view") {
  const auto tokenizer = load(tiny_tokenizer_json());
  Ids ids;
  check_error(ErrorCode::kInvalidArgument,
              "max_tokens is 1, but the 2 special tokens alone do not fit in it; raise it",
              [&] { encode_view(*tokenizer, TextView::kHeadFocusTail, "a", 1, ids); });
  CHECK(viewed(*tokenizer, "a b c", 2).empty());
}

}  // namespace
}  // namespace pointsman::test
