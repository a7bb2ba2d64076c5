#include "told.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

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
      {"init", "wn"},  {"begin", "wn"},     {"write", "wnwnnw"}, {"commit", "wn"},
      {"abort", "wn"}, {"committed", "wn"}, {"aborted", "wn"},   {"failed", "wnw"},
      {"lost", "wnw"}, {"read", "nnw"},     {"polled", "nnn"},   {"content", "nnw"},
      {"group", "wn"}, {"complete", ""}};
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
  // Acts of writers, in the order of time.
  void take(const Act& act);
  // Acts of one process that reads.
  void take_reads(const std::vector<Act>& acts);
  // What one client found there after the run.
  Result<void> take_content(const File& file, const std::vector<Act>& acts);
  Result<Verdict> conclude();

 private:
  using End = Transfers::End;
  void end(const Words& words, End how) {
    transfers_.end(std::string(words[1]), static_cast<int>(*number(words[2])), how);
  }

  simulation::History history_;
  Transfers transfers_{history_};
  Verdict verdict_;
  std::optional<Content> content_;
  std::map<std::string, std::int64_t> groups_;
};

void Judge::take(const Act& act) {
  const Words& words = act.words;
  const std::string_view kind = words.front();
  if (kind == "write") {
    transfers_.attempt({.producer = std::string(words[1]),
                        .transaction = static_cast<int>(*number(words[2])),
                        .group = std::string(words[3]),
                        .position = *number(words[4]),
                        .partition = place(words[5]),
                        .value = std::string(words[6])});
    ++verdict_.written;
  }
  if (kind == "commit") end(words, End::InDoubt);
  if (kind == "committed") end(words, End::Committed);
  if (kind == "aborted") end(words, End::Aborted);
}

void Judge::take_reads(const std::vector<Act>& acts) {
  std::map<TopicPartition, std::vector<std::pair<Offset, std::string>>> given;
  for (const Act& act : acts) {
    if (act.words.front() == "read") {
      given[place(act.words[1])].emplace_back(Offset{*number(act.words[2])}, act.words[3]);
      ++verdict_.reads;
    }
    if (act.words.front() == "polled") {
      const TopicPartition partition = place(act.words[1]);
      transfers_.note_poll(partition, Offset{*number(act.words[2])}, Offset{*number(act.words[3])},
                           std::exchange(given[partition], {}));
    }
  }
  // It was killed before it said where it goes on.
  for (const auto& [partition, records] : given) {
    if (records.empty()) continue;
    transfers_.note_poll(partition, records.front().first, Offset{records.back().first.value + 1},
                         records);
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
  verdict_.committed = transfers_.count(End::Committed);
  verdict_.in_doubt = transfers_.count(End::InDoubt);
  verdict_.aborted = transfers_.count(End::Aborted) + transfers_.count(End::Open);
  verdict_.cycles = transfers_.write_cycles();
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
      judge.take_reads(acts);
      std::ranges::move(acts, std::back_inserter(all));
    }
  }
  std::ranges::sort(all, {}, [](const Act& act) { return std::pair(act.at, act.line); });
  for (const Act& act : all) judge.take(act);
  return judge.conclude();
}

}  // namespace told
