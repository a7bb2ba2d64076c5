#include "told.h"

#include <gtest/gtest.h>

namespace told {
namespace {

// A producer's two transactions, of which the second was aborted, one who read meanwhile, and what
// is there afterwards.
constexpr const char* kWriter =
    "10 init p 0\n11 begin p 0\n12 write p 0 g 0 0 a\n13 write p 0 g 1 0 b\n"
    "14 write p 0 g 2 1 c\n15 commit p 0\n18 committed p 0\n"
    "20 begin p 1\n21 write p 1 g 3 1 d\n22 abort p 1\n23 aborted p 1\n";
constexpr const char* kReader =
    "17 read 0 0 a\n18 read 0 1 b\n19 polled 0 0 3\n20 read 0 0 a\n21 polled 0 0 1\n";
constexpr const char* kContent =
    "90 content 0 0 a\n91 content 0 1 b\n92 content 1 0 c\n93 group g 3\n94 complete\n";

// The text with one part of it made another.
std::string doctored(std::string text, const std::string& part, const std::string& by) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at == std::string::npos ? text : text.replace(at, part.size(), by);
}

Result<Verdict> judged(const std::string& writer, const std::string& reader,
                       const std::string& content) {
  return judge({{"writer", writer}, {"reader", reader}, {"content", content}});
}

TEST(Told, NothingIsWrongWithAGoodRun) {
  const Result<Verdict> verdict = judged(kWriter, kReader, kContent);
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_TRUE(verdict->faults.empty()) << verdict->faults.front();
  EXPECT_EQ(verdict->committed, 1U);
  EXPECT_EQ(verdict->aborted, 1U);
  EXPECT_EQ(verdict->in_doubt, 0U);
  EXPECT_EQ(verdict->written, 4U);
  EXPECT_EQ(verdict->reads, 3U);
  EXPECT_EQ(verdict->content, 3U);
}

TEST(Told, EachKindOfWrongIsFound) {
  struct Row {
    const char* why;
    enum { Writer, Reader, Content } file;
    const char* part;
    const char* by;
    const char* found;
  };
  const Row rows[] = {
      {"doubled", Row::Content, "92", "92 content 0 2 b\n92", "wrote later"},
      {"lost", Row::Content, "92 content 1 0 c\n", "", "there in part: 2 of 3"},
      {"torn", Row::Writer, "18 committed p 0\n", "", ""},  // In doubt: all of it is there.
      {"an aborted read", Row::Content, "93", "93 content 1 2 d\n93", "never committed"},
      {"left open and read", Row::Writer, "15 commit p 0\n18 committed p 0\n", "",
       "never committed"},
      {"made up", Row::Content, "0 1 b", "0 1 x", "nobody wrote"},
      {"out of order", Row::Content, "0 0 a\n91 content 0 1 b", "0 0 b\n91 content 0 1 a",
       "wrote later"},
      {"elsewhere", Row::Content, "1 0 c", "2 0 c", "written elsewhere"},
      {"unread", Row::Reader, "18 read 0 1 b", "18 read 0 2 b", "not there any more"},
      {"passed over", Row::Reader, "18 read 0 1 b\n", "", "was given 1 records of 2"},
      {"given out of turn", Row::Reader, "0 0 a\n18 read 0 1 b", "0 1 b\n18 read 0 0 a",
       "out of its turn"},
      {"two values at one offset", Row::Reader, "20 read 0 0 a", "20 read 0 0 b", "was read as"},
      {"an aborted offset", Row::Content, "group g 3", "group g 4", "nothing comes of position 3"},
      {"a lost offset", Row::Content, "group g 3", "group g 2", "has read up to 2"},
      {"worked on twice", Row::Writer, "g 2 1 c", "g 1 1 c", "worked on twice"},
  };
  for (const Row& row : rows) {
    std::string texts[] = {kWriter, kReader, kContent};
    texts[row.file] = doctored(texts[row.file], row.part, row.by);
    const Result<Verdict> verdict = judged(texts[0], texts[1], texts[2]);
    ASSERT_TRUE(verdict) << row.why << ": " << verdict.error().detail;
    if (!*row.found) {
      EXPECT_TRUE(verdict->faults.empty()) << row.why << ": " << verdict->faults.front();
      continue;
    }
    ASSERT_FALSE(verdict->faults.empty()) << row.why;
    EXPECT_NE(verdict->faults[0].find(row.found), std::string::npos) << verdict->faults[0];
  }
}

TEST(Told, ATransactionInDoubtIsThereAsAWholeOrNotAtAll) {
  const std::string writer = doctored(kWriter, "18 committed p 0\n", "");
  const Result<Verdict> torn =
      judged(writer, kReader, doctored(kContent, "92 content 1 0 c\n", ""));
  ASSERT_TRUE(torn);
  EXPECT_EQ(torn->in_doubt, 1U);
  ASSERT_FALSE(torn->faults.empty());
  EXPECT_NE(torn->faults[0].find("torn"), std::string::npos) << torn->faults[0];
  const Result<Verdict> absent = judged(writer, "", "93 group g 0\n94 complete\n");
  ASSERT_TRUE(absent);
  EXPECT_TRUE(absent->faults.empty()) << absent->faults[0];
}

// Whichever file is read first.
TEST(Told, ProcessesAreBroughtTogetherInTime) {
  const std::string rival = "16 begin q 0\n19 write q 0 h 0 0 x\n24 commit q 0\n25 committed q 0\n";
  const std::string content = doctored(kContent, "92", "92 content 0 2 x\n92");
  const std::string groups = doctored(content, "94", "93 group h 1\n94");
  const Result<Verdict> well = judge({{"rival", rival}, {"writer", kWriter}, {"content", groups}});
  ASSERT_TRUE(well);
  EXPECT_TRUE(well->faults.empty()) << well->faults[0];
  const std::string before =
      doctored(groups, "90 content 0 0 a\n91 content 0 1 b\n92 content 0 2 x\n",
               "90 content 0 0 x\n91 content 0 1 a\n92 content 0 2 b\n");
  const Result<Verdict> wrong = judge({{"rival", rival}, {"writer", kWriter}, {"content", before}});
  ASSERT_TRUE(wrong);
  ASSERT_FALSE(wrong->faults.empty()) << "x began when a was committed";
  EXPECT_NE(wrong->faults[0].find("a behind x"), std::string::npos) << wrong->faults[0];
}

TEST(Told, ClientsThatReadEverythingReadTheSame) {
  const Result<Verdict> verdict = judge(
      {{"writer", kWriter}, {"one", kContent}, {"other", doctored(kContent, "0 1 b", "0 2 b")}});
  ASSERT_TRUE(verdict);
  ASSERT_FALSE(verdict->faults.empty());
  EXPECT_NE(verdict->faults[0].find("different records"), std::string::npos);
}

TEST(Told, TheTornLineOfAProcessThatWasKilledIsLeftOut) {
  const Result<Verdict> verdict = judged(std::string(kWriter) + "30 write p 2", kReader, kContent);
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_EQ(verdict->written, 4U);
}

TEST(Told, WhatIsNoHistoryIsToldByItsLine) {
  const char* const lines[] = {"x",
                               "12",
                               "12 wrote p",
                               "12 write p 0 0",
                               "12 write p q 0 a",
                               "12 read -1 0 a",
                               "now commit p 0",
                               "12 commit p 0 0"};
  for (const char* line : lines) {
    const Result<Verdict> verdict =
        judged(std::string("10 init p 0\n") + line + "\n", kReader, kContent);
    ASSERT_FALSE(verdict) << line;
    EXPECT_EQ(verdict.error().detail, "writer:2 is not a line of a history") << line;
  }
}

TEST(Told, AReadingThatStopsShortProvesNothing) {
  const Result<Verdict> half = judged(kWriter, kReader, doctored(kContent, "94 complete\n", ""));
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().detail, "content does not go to the end of what there is");
  EXPECT_FALSE(judge({{"writer", kWriter}, {"reader", kReader}})) << "nobody read to the end";
}

}  // namespace
}  // namespace told
