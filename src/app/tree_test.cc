#include "app/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli_docs.h"

namespace app {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

struct Ran {
  int code = 0;
  std::string out;
  std::string errors;
};

// thalweg fish catch KIND [--with BAIT], thalweg fish release, and a hidden one.
class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    CLI::App& fish = tree_.group(tree_.root(), {.name = "fish", .summary = "All about fish"});
    CLI::App& caught = tree_.command(fish,
                                     {.name = "catch",
                                      .summary = "Catch one",
                                      .examples = {"thalweg fish catch trout"},
                                      .json = "{\"kind\"}"},
                                     [this] { return outcome_; });
    caught.add_option("KIND", kind_, "Which")->required();
    caught.add_option("-w,--with", bait_, "The bait, if it's needed")
        ->capture_default_str()
        ->type_name("BAIT");
    tree_.command(fish, {.name = "release", .summary = "Let it go"}, [this] { return outcome_; });
    tree_.command(tree_.root(), {.name = "secret", .summary = "Nobody sees it", .hidden = true},
                  [this] { return outcome_; });
  }

  Ran run(std::vector<const char*> words) {
    words.insert(words.begin(), "thalweg");
    CaptureStdout();
    CaptureStderr();
    const int code = tree_.run(static_cast<int>(words.size()), words.data());
    return {code, GetCapturedStdout(), GetCapturedStderr()};
  }

  Tree tree_;
  Outcome<> outcome_;
  std::string kind_;
  std::string bait_ = "worm";
};

TEST_F(TreeTest, RunsWhatIsNamed) {
  EXPECT_EQ(run({"fish", "catch", "trout", "-w", "fly"}).code, kSuccess);
  EXPECT_EQ(kind_, "trout");
  EXPECT_EQ(bait_, "fly");
}

TEST_F(TreeTest, ReportsFailureInOneLineWithAHint) {
  outcome_ = refused("no trout", "Try another river.");
  const Ran ran = run({"fish", "release"});
  EXPECT_EQ(ran.code, kRefused);
  EXPECT_EQ(ran.errors, "error: no trout\nTry another river.\n");
  EXPECT_EQ(ran.out, "");
}

TEST_F(TreeTest, TakesTheHintFromAnErrorsSecondLine) {
  outcome_ = std::unexpected(Failure(Error{ErrorCode::NetworkException, "gone\nCome back later."}));
  EXPECT_EQ(run({"fish", "release"}).errors, "error: gone\nCome back later.\n");
  outcome_ = std::unexpected(Failure(Error{ErrorCode::NetworkException, {}}));
  EXPECT_THAT(run({"fish", "release"}).errors, HasSubstr(text_of(ErrorCode::NetworkException)));
}

TEST_F(TreeTest, SaysWhatIsWrongWithTheLine) {
  struct Row {
    const char* why;
    std::vector<const char*> words;
    const char* says;
  };
  const Row rows[] = {
      {"a command mistyped", {"fsh"}, "unknown command 'fsh' of thalweg; did you mean fish?"},
      {"an inner command mistyped", {"fish", "cach"}, "did you mean catch?"},
      {"nothing near", {"elephant"}, "unknown command 'elephant' of thalweg\n"},
      {"an option mistyped", {"fish", "catch", "x", "--wiht", "y"}, "did you mean --with?"},
      {"too many words", {"fish", "release", "it"}, "unexpected argument 'it'"},
      {"something required is missing", {"fish", "catch"}, "KIND"},
      {"an option without its value", {"fish", "catch", "x", "-w"}, "--with"},
  };
  for (const Row& row : rows) {
    const Ran ran = run(row.words);
    EXPECT_EQ(ran.code, kUsage) << row.why;
    EXPECT_THAT(ran.errors, HasSubstr(row.says)) << row.why;
    EXPECT_EQ(ran.out, "") << row.why;
  }
}

TEST_F(TreeTest, HelpIsNoError) {
  const Ran ran = run({"fish", "catch", "--help"});
  EXPECT_EQ(ran.code, kSuccess);
  for (const char* part :
       {"Usage: thalweg fish catch KIND [OPTIONS]", "Catch one", "--with", "[worm]",
        "Example:\n  thalweg fish catch trout", "With --json:\n  {\"kind\"}"}) {
    EXPECT_THAT(ran.out, HasSubstr(part));
  }
}

TEST_F(TreeTest, ACommandOfCommandsShowsThem) {
  const Ran ran = run({"fish"});
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_THAT(ran.errors, HasSubstr("release"));
}

TEST_F(TreeTest, ReferenceAndCompletionComeFromTheTree) {
  const std::string page = cli_markdown(tree_);
  for (const char* part : {"## thalweg fish catch",
                           "| `-w` `--with` BAIT | The bait, if it's needed. Default: `worm` |",
                           "thalweg fish catch trout", "| `thalweg fish release` | Let it go |"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  for (const std::string& text :
       {page, bash_completion(tree_), zsh_completion(tree_), fish_completion(tree_)}) {
    EXPECT_THAT(text, HasSubstr("catch"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("secret")));
  }
  EXPECT_THAT(bash_completion(tree_), HasSubstr("'fish catch') words='--help --with' ;;"));
  EXPECT_THAT(zsh_completion(tree_), HasSubstr("'--with:The bait, if it'\\''s needed'"));
}

}  // namespace
}  // namespace app
