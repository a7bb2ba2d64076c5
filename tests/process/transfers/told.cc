#include "told.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "transfers.h"

namespace told {
namespace {

using simulation::Content;
using simulation::kTransfers;
using simulation::Transfers;
using Words = std::vector<std::string_view>;

struct Act {
  std::int64_t at = 0;
  std::size_t line = 0;  // Of its file: one after another, if at one time.
  Words words = {};      // Of what kind, and what belongs to it.
};

Words split(std::string_view line) {
  Words words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<std::int64_t> number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool is_whole = error == std::errc{} && end == word.data() + word.size() && value >= 0;
  return is_whole ? std::optional(value) : std::nullopt;
}

// What stands behind each kind of act: a word, or a number.
const std::map<std::string_view, std::string_view>& forms() {
  static const std::map<std::string_view, std::string_view> all = {
      {"init", "w"},   {"begin", "wn"},   {"write", "wnnw"},  {"commit", "wn"}, {"committed", "wn"},
      {"abort", "wn"}, {"aborted", "wn"}, {"failed", "wnw"},  {"lost", "wnw"},  {"poll", ""},
      {"seek", "nn"},  {"read", "nnw"},   {"content", "nnw"}, {"group", "wn"},  {"complete", ""}};
  return all;
}

bool is_well_formed(const Words& words) {
  const auto form = forms().find(words.front());
  if (form == forms().end() || words.size() != form->second.size() + 1) return false;
  for (std::size_t i = 0; i < form->second.size(); ++i) {
    if (form->second[i] == 'n' && !number(words[i + 1])) return false;
  }
  return true;
}

Result<std::vector<Act>> read(const File& file) {
  std::vector<Act> acts;
  std::string_view rest = file.text;
  for (std::size_t line = 1;; ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return acts;  // What is left is torn.
    Words words = split(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    const std::optional<std::int64_t> at = words.empty() ? std::nullopt : number(words.front());
    if (!at || words.size() < 2 || !is_well_formed({words.begin() + 1, words.end()})) {
      return fail(ErrorCode::InvalidRequest,
                  file.name + ":" + std::to_string(line) + " is not a line of a history");
    }
    words.erase(words.begin());
    acts.push_back({*at, line, std::move(words)});
  }
}

TopicPartition place(std::string_view partition) {
  return {kTransfers, PartitionIndex{static_cast<std::int32_t>(*number(partition))}};
}

class Judge {
 public:
  void take(const Act& act);
  // What one client found there after the run.
  Result<void> take_content(const File& file, const std::vector<Act>& acts);
  Result<Verdict> conclude();

 private:
  using End = Transfers::End;
  void end(const Words& words, End how) {
    const std::string producer(words[1]);
    const auto transaction = static_cast<int>(*number(words[2]));
    transfers_.end(producer, transaction, how);
    ends_[{producer, transaction}] = how;
  }

  simulation::History history_;
  Transfers transfers_{history_};
  Verdict verdict_;
  std::map<std::pair<std::string, int>, End> ends_;
  std::optional<Content> content_;
  std::map<std::string, std::int64_t> groups_;
};

void Judge::take(const Act& act) {
  const Words& words = act.words;
  const std::string_view kind = words.front();
  if (kind == "begin") ends_[{std::string(words[1]), static_cast<int>(*number(words[2]))}];
  if (kind == "write") {
    transfers_.attempt(std::string(words[1]), static_cast<int>(*number(words[2])), place(words[3]),
                       std::string(words[4]));
    ++verdict_.written;
  }
  if (kind == "commit") end(words, End::InDoubt);
  if (kind == "committed") end(words, End::Committed);
  if (kind == "aborted") end(words, End::Aborted);
  if (kind == "read") {
    transfers_.note_read(place(words[1]), Offset{*number(words[2])}, std::string(words[3]));
    ++verdict_.reads;
  }
}

Result<void> Judge::take_content(const File& file, const std::vector<Act>& acts) {
  Content content;
  for (const Act& act : acts) {
    if (act.words.front() == "content") {
      content[place(act.words[1])].emplace_back(Offset{*number(act.words[2])},
                                                std::string(act.words[3]));
    }
    if (act.words.front() == "group") {
      groups_[std::string(act.words[1])] = *number(act.words[2]);
    }
  }
  if (acts.empty() || acts.back().words.front() != "complete") {
    return fail(ErrorCode::InvalidRequest, file.name + " does not go to the end of what there is");
  }
  if (content_ && *content_ != content) {
    history_.contradict("two clients that read everything were given different records; " +
                        file.name + " is one of theirs");
  }
  if (!content_) content_ = std::move(content);
  return {};
}

Result<Verdict> Judge::conclude() {
  if (!content_) return fail(ErrorCode::InvalidRequest, "nobody read what there is after the run");
  transfers_.judge(*content_, groups_);
  for (const auto& [name, how] : ends_) {
    if (how == End::Committed) ++verdict_.committed;
    if (how == End::InDoubt) ++verdict_.in_doubt;
    if (how == End::Aborted || how == End::Open) ++verdict_.aborted;
  }
  for (const auto& [partition, records] : *content_) verdict_.content += records.size();
  verdict_.faults = history_.contradictions;
  return verdict_;
}

}  // namespace

Result<Verdict> judge(const std::vector<File>& files) {
  Judge judge;
  std::vector<Act> all;
  for (const File& file : files) {
    std::vector<Act> acts = TRY(read(file));
    const bool is_content = std::ranges::any_of(acts, [](const Act& act) {
      return act.words.front() == "content" || act.words.front() == "complete";
    });
    if (is_content) {
      TRY_VOID(judge.take_content(file, acts));
    } else {
      std::ranges::move(acts, std::back_inserter(all));
    }
  }
  std::ranges::sort(all, {}, [](const Act& act) { return std::pair(act.at, act.line); });
  for (const Act& act : all) judge.take(act);
  return judge.conclude();
}

}  // namespace told
