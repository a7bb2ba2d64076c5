#include "group/assign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "group/assignment_moves.h"

namespace group {
namespace {

using Assignor = Target (*)(const AssignmentTask&);
using Random = std::mt19937;

TopicId topic(int number) {
  Uuid id;
  id.bytes[0] = static_cast<std::byte>(number >> 8);
  id.bytes[15] = static_cast<std::byte>(number);
  return TopicId{id};
}
MemberId member(int number) {
  std::string text = std::to_string(number);
  return MemberId{"m" + std::string(4 - std::min<std::size_t>(4, text.size()), '0') + text};
}
int below(Random& random, int bound) { return std::uniform_int_distribution(0, bound - 1)(random); }

std::size_t load(const Assigned& assigned) {
  std::size_t sum = 0;
  for (const auto& [id, partitions] : assigned) sum += partitions.size();
  return sum;
}
std::pair<std::size_t, std::size_t> least_and_most(const Target& target) {
  std::pair<std::size_t, std::size_t> both{SIZE_MAX, 0};
  for (const auto& [id, assigned] : target) {
    both.first = std::min(both.first, load(assigned));
    both.second = std::max(both.second, load(assigned));
  }
  return both;
}
std::size_t all_partitions(const AssignmentTask& task) {
  std::size_t sum = 0;
  for (const auto& [id, shape] : task.topics) sum += static_cast<std::size_t>(shape.partitions);
  return sum;
}

void add_topic(AssignmentTask& task, int number, int partitions) {
  task.topics[topic(number)].partitions = partitions;
}
// A member that subscribes to all topics there are.
Subscriber& add_member(AssignmentTask& task, int number) {
  Subscriber& added = task.members.emplace_back();
  added.id = member(number);
  for (const auto& [id, shape] : task.topics) added.topics.insert(id);
  return added;
}
// The members have what they were given.
void settle(AssignmentTask& task, const Target& target) {
  for (Subscriber& each : task.members) {
    const auto at = target.find(each.id);
    each.has = at == target.end() ? Assigned{} : at->second;
  }
}

// "m0000: t1 0 1 2, t2 0" line by line.
std::string text_of(const Target& target) {
  std::string text;
  for (const auto& [id, assigned] : target) {
    text += id.value + ":";
    for (const auto& [of, partitions] : assigned) {
      text += " t" + std::to_string(static_cast<int>(of.value.bytes[15]));
      for (const PartitionIndex partition : partitions) {
        text += " " + std::to_string(partition.value);
      }
      text += ",";
    }
    if (text.back() == ',') text.pop_back();
    text += "\n";
  }
  return text;
}

// What may never be otherwise.
void expect_sound(const AssignmentTask& task, const Target& target) {
  ASSERT_EQ(target.size(), task.members.size());
  std::set<std::pair<TopicId, PartitionIndex>> given;
  std::set<TopicId> wanted;
  for (const Subscriber& each : task.members) {
    ASSERT_TRUE(target.contains(each.id)) << each.id.value;
    wanted.insert(each.topics.begin(), each.topics.end());
    for (const auto& [id, partitions] : target.at(each.id)) {
      ASSERT_TRUE(each.topics.contains(id)) << each.id.value << " does not subscribe";
      ASSERT_FALSE(partitions.empty());
      ASSERT_TRUE(std::ranges::is_sorted(partitions));
      for (const PartitionIndex partition : partitions) {
        ASSERT_GE(partition.value, 0);
        ASSERT_LT(partition.value, task.topics.at(id).partitions);
        ASSERT_TRUE(given.emplace(id, partition).second) << "given twice";
      }
    }
  }
  std::size_t due = 0;
  for (const auto& [id, shape] : task.topics) {
    if (wanted.contains(id)) due += static_cast<std::size_t>(shape.partitions);
  }
  ASSERT_EQ(given.size(), due) << "some are nobody's";
}

AssignmentTask random_task(Random& random, bool mixed) {
  AssignmentTask task;
  const int topics = 1 + below(random, 6);
  for (int i = 0; i < topics; ++i) add_topic(task, i, below(random, 20));
  const bool racks = below(random, 2) == 0;
  if (racks) {
    for (auto& [id, shape] : task.topics) {
      shape.racks.resize(static_cast<std::size_t>(shape.partitions));
      for (auto& set : shape.racks) {
        for (int i = below(random, 3); i >= 0; --i) set.insert(std::to_string(below(random, 4)));
      }
    }
  }
  const int members = 1 + below(random, 12);
  for (int i = 0; i < members; ++i) {
    Subscriber& added = add_member(task, below(random, 1000) * 10 + i);
    if (racks && below(random, 4) > 0) added.rack = std::to_string(below(random, 4));
    if (below(random, 4) == 0) added.instance = InstanceId{"i" + added.id.value};
    if (mixed) std::erase_if(added.topics, [&](const TopicId&) { return below(random, 2) == 0; });
    if (below(random, 5) == 0) added.topics.insert(topic(99));  // Which is not there.
  }
  return task;
}
// The members have anything: overlapping, of topics they do not know, of partitions that are gone.
void scramble(AssignmentTask& task, Random& random) {
  for (Subscriber& each : task.members) {
    for (int i = below(random, 12); i > 0; --i) {
      const PartitionIndex partition{below(random, 24) - 1};
      std::vector<PartitionIndex>& list = each.has[topic(below(random, 8))];
      if (std::ranges::find(list, partition) == list.end()) list.push_back(partition);
      std::ranges::sort(list);
    }
  }
}

void for_random_tasks(bool mixed, const std::function<void(AssignmentTask&, Random&)>& each) {
  for (std::uint32_t seed = 0; seed < 400 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    AssignmentTask task = random_task(random, mixed);
    if (below(random, 2) == 0) scramble(task, random);
    each(task, random);
  }
}

class Assign : public testing::TestWithParam<Assignor> {};
INSTANTIATE_TEST_SUITE_P(Both, Assign, testing::Values(&assign_uniform, &assign_range));

TEST_P(Assign, GivesEverythingOnceAndToSubscribers) {
  for (const bool mixed : {false, true}) {
    for_random_tasks(mixed,
                     [](AssignmentTask& task, Random&) { expect_sound(task, GetParam()(task)); });
  }
}

TEST_P(Assign, ChangesNothingOfItsOwnResult) {
  for (const bool mixed : {false, true}) {
    for_random_tasks(mixed, [](AssignmentTask& task, Random&) {
      const Target target = GetParam()(task);
      settle(task, target);
      ASSERT_EQ(text_of(GetParam()(task)), text_of(target));
    });
  }
}

TEST_P(Assign, DoesNotCareInWhichOrderMembersAreListed) {
  for (const bool mixed : {false, true}) {
    for_random_tasks(mixed, [](AssignmentTask& task, Random& random) {
      const Target target = GetParam()(task);
      std::ranges::shuffle(task.members, random);
      ASSERT_EQ(text_of(GetParam()(task)), text_of(target));
    });
  }
}

TEST_P(Assign, HasNothingToGiveToNobody) {
  AssignmentTask task;
  EXPECT_EQ(GetParam()(task), Target{});
  add_topic(task, 1, 3);
  EXPECT_EQ(GetParam()(task), Target{});
  task.members.push_back({.id = member(1)});
  EXPECT_EQ(GetParam()(task), (Target{{member(1), {}}}));
}

TEST(AssignUniform, IsEvenAmongThoseWhoSubscribeToTheSame) {
  for (const bool mixed : {false, true}) {
    for_random_tasks(mixed, [](AssignmentTask& task, Random&) {
      const Target target = assign_uniform(task);
      std::map<std::set<TopicId>, Target> alike;
      for (Subscriber& each : task.members) {
        each.topics.erase(topic(99));
        alike[each.topics][each.id] = target.at(each.id);
      }
      for (const auto& [topics, members] : alike) {
        const auto [least, most] = least_and_most(members);
        ASSERT_LE(most, least + 1);
      }
    });
  }
}

TEST(AssignUniform, LeavesNoMoveThatWouldHelpWhereSubscriptionsDiffer) {
  for_random_tasks(true, [](AssignmentTask& task, Random&) {
    const Target target = assign_uniform(task);
    for (const auto& [owner, assigned] : target) {
      for (const auto& [id, partitions] : assigned) {
        for (const Subscriber& other : task.members) {
          if (!other.topics.contains(id)) continue;
          ASSERT_LE(load(assigned), load(target.at(other.id)) + 1);
        }
      }
    }
  });
}

TEST(AssignUniform, MovesOnlyWhatALeaverHad) {
  for_random_tasks(false, [](AssignmentTask& task, Random& random) {
    if (task.members.size() < 2) return;
    settle(task, assign_uniform(task));
    const Target before = held(task);
    const auto gone = task.members.begin() + below(random, static_cast<int>(task.members.size()));
    const MemberId leaver = gone->id;
    task.members.erase(gone);
    const std::vector<Move> moves = moves_between(before, assign_uniform(task));
    ASSERT_EQ(moves.size(), load(before.at(leaver)));
    for (const Move& move : moves) ASSERT_EQ(move.from, leaver);
  });
}

TEST(AssignUniform, GivesANewcomerItsShareAndMovesNothingElse) {
  for_random_tasks(false, [](AssignmentTask& task, Random&) {
    settle(task, assign_uniform(task));
    const Target before = held(task);
    const MemberId newcomer = add_member(task, 5).id;
    const std::vector<Move> moves = moves_between(before, assign_uniform(task));
    ASSERT_EQ(moves.size(), all_partitions(task) / task.members.size());
    for (const Move& move : moves) ASSERT_EQ(move.to, newcomer);
  });
}

TEST(AssignUniform, SpreadsEachTopicOverAll) {
  AssignmentTask task;
  for (const int number : {1, 2, 3}) add_topic(task, number, 8);
  for (const int number : {1, 2, 3, 4}) add_member(task, number);
  settle(task, assign_uniform(task));
  for (const Subscriber& each : task.members) {
    for (const auto& [id, partitions] : each.has) EXPECT_EQ(partitions.size(), 2U);
  }
  // Those who come later get some of each as well.
  for (const int number : {5, 6}) add_member(task, number);
  const Target target = assign_uniform(task);
  for (const int number : {5, 6}) EXPECT_GE(target.at(member(number)).size(), 2U);
}

std::size_t count_near(const AssignmentTask& task, const Target& target) {
  std::size_t count = 0;
  for (const Subscriber& each : task.members) {
    for (const auto& [id, partitions] : target.at(each.id)) {
      for (const PartitionIndex partition : partitions) {
        const auto& racks = task.topics.at(id).racks;
        const auto at = static_cast<std::size_t>(partition.value);
        if (each.rack && at < racks.size() && racks[at].contains(*each.rack)) ++count;
      }
    }
  }
  return count;
}

// With one replica each, the most that can be near is easily said: of each rack as much as there
// is, or as its members have room for. The extras are for racks that have more.
TEST(AssignUniform, PutsAsMuchNearAsBalanceAllows) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    AssignmentTask task;
    std::map<std::string, std::size_t> supply;
    for (int i = 0; i < 4; ++i) {
      TopicShape& shape = task.topics[topic(i)];
      shape.partitions = below(random, 20);
      for (int partition = 0; partition < shape.partitions; ++partition) {
        const std::string rack = std::to_string(below(random, 3));
        shape.racks.push_back({rack});
        ++supply[rack];
      }
    }
    std::map<std::string, std::size_t> members;
    for (int i = 1 + below(random, 9); i > 0; --i) {
      const std::string rack = std::to_string(below(random, 3));
      add_member(task, i).rack = rack;
      ++members[rack];
    }
    const std::size_t share = all_partitions(task) / task.members.size();
    const std::size_t extras = all_partitions(task) % task.members.size();
    std::size_t most = 0;
    std::size_t could_use = 0;
    for (const auto& [rack, number] : members) {
      const std::size_t room = number * share;
      most += std::min(room, supply[rack]);
      if (supply[rack] > room) could_use += std::min(supply[rack] - room, number);
    }
    most += std::min(extras, could_use);
    ASSERT_EQ(count_near(task, assign_uniform(task)), most);
  }
}

TEST(AssignUniform, MakesMoreNearThanItWouldWithoutRacks) {
  for (const bool mixed : {false, true}) {
    std::size_t with = 0;
    std::size_t without = 0;
    for_random_tasks(mixed, [&](AssignmentTask& task, Random&) {
      with += count_near(task, assign_uniform(task));
      AssignmentTask blind = task;
      for (Subscriber& each : blind.members) each.rack.reset();
      without += count_near(task, assign_uniform(blind));
    });
    EXPECT_GT(with * 10, without * 11);
  }
}

// Each member shares one topic with the next. The first has all that it may have, and what it has
// too much goes on from one to the other.
TEST(AssignUniform, EvensOutMembersThatAreChainedByTopics) {
  AssignmentTask task;
  for (int i = 0; i < 50; ++i) add_topic(task, i, 10);
  for (int i = 0; i < 50; ++i) {
    task.members.push_back({.id = member(i), .topics = {topic(i), topic((i + 1) % 50)}});
  }
  for (int i = 0; i < 2; ++i) {
    for (int p = 0; p < 10; ++p) task.members[0].has[topic(i)].emplace_back(p);
  }
  const Target target = assign_uniform(task);
  expect_sound(task, target);
  const auto [least, most] = least_and_most(target);
  EXPECT_GE(least, 7U);
  EXPECT_LE(most, 13U);
}

// Of a topic, what each member has is contiguous, and sizes differ by one at most.
TEST(AssignRange, CutsEachTopicIntoRanges) {
  for (const bool mixed : {false, true}) {
    for_random_tasks(mixed, [](AssignmentTask& task, Random&) {
      const Target target = assign_range(task);
      for (const auto& [id, shape] : task.topics) {
        std::size_t least = SIZE_MAX;
        std::size_t most = 0;
        for (const Subscriber& each : task.members) {
          if (!each.topics.contains(id)) continue;
          const Assigned& assigned = target.at(each.id);
          const auto at = assigned.find(id);
          const std::size_t size = at == assigned.end() ? 0 : at->second.size();
          least = std::min(least, size);
          most = std::max(most, size);
          if (size == 0) continue;
          const auto first = static_cast<std::size_t>(at->second.front().value);
          const auto last = static_cast<std::size_t>(at->second.back().value);
          ASSERT_EQ(last - first + 1, size) << "not contiguous";
        }
        if (least != SIZE_MAX) ASSERT_LE(most, least + 1);
      }
    });
  }
}

TEST(AssignRange, LinesTopicsOfEqualSizeUp) {
  for_random_tasks(false, [](AssignmentTask& task, Random&) {
    for (auto& [id, shape] : task.topics) shape.partitions = 7;
    for (const auto& [id, assigned] : assign_range(task)) {
      for (const auto& [of, partitions] : assigned) {
        ASSERT_EQ(partitions, assigned.begin()->second);
      }
    }
  });
}

TEST(AssignRange, KeepsTheRangesOfInstancesThatRestart) {
  AssignmentTask task;
  add_topic(task, 1, 6);
  add_topic(task, 2, 3);
  for (const int number : {7, 5, 3}) {
    add_member(task, number).instance = InstanceId{"i" + std::to_string(number)};
  }
  const std::string before = "m0003: t1 0 1, t2 0\nm0005: t1 2 3, t2 1\nm0007: t1 4 5, t2 2\n";
  EXPECT_EQ(text_of(assign_range(task)), before);
  // They come back under other ids, and without what they had.
  task.members[0].id = MemberId{"a"};
  task.members[1].id = MemberId{"b"};
  task.members[2].id = MemberId{"c"};
  EXPECT_EQ(text_of(assign_range(task)), "a: t1 4 5, t2 2\nb: t1 2 3, t2 1\nc: t1 0 1, t2 0\n");
}

TEST(AssignRange, SeatsMembersWhereTheyHaveMost) {
  AssignmentTask task;
  add_topic(task, 1, 12);
  for (const int number : {1, 2, 3}) add_member(task, number);
  settle(task, assign_range(task));
  // The newcomer's id would place it before all: it goes where the others lose least.
  add_member(task, 0);
  EXPECT_EQ(text_of(assign_range(task)),
            "m0000: t1 6 7 8\nm0001: t1 0 1 2\nm0002: t1 3 4 5\nm0003: t1 9 10 11\n");
  // Who takes the place of one that left gets its range, whatever it is called.
  std::erase_if(task.members, [](const Subscriber& each) { return each.id == member(2); });
  EXPECT_EQ(text_of(assign_range(task)),
            "m0000: t1 4 5 6 7\nm0001: t1 0 1 2 3\nm0003: t1 8 9 10 11\n");
}

TEST(AssignRange, SeatsNewcomersNearTheirReplicas) {
  AssignmentTask task;
  add_topic(task, 1, 4);
  task.topics[topic(1)].racks = {{"b"}, {"b"}, {"a"}, {"a"}};
  add_member(task, 1).rack = "a";
  add_member(task, 2).rack = "b";
  EXPECT_EQ(text_of(assign_range(task)), "m0001: t1 2 3\nm0002: t1 0 1\n");
}

TEST(AssignmentMoves, TellsWhoGetsWhatFromWhom) {
  const Target before{{member(1), {{topic(1), {PartitionIndex{0}, PartitionIndex{1}}}}},
                      {member(2), {{topic(2), {PartitionIndex{5}}}}}};
  const Target after{{member(1), {{topic(1), {PartitionIndex{0}}}}},
                     {member(3), {{topic(1), {PartitionIndex{1}, PartitionIndex{2}}}}}};
  const std::vector<Move> expected{
      {topic(1), PartitionIndex{1}, member(1), member(3)},
      {topic(1), PartitionIndex{2}, std::nullopt, member(3)},
      {topic(2), PartitionIndex{5}, member(2), std::nullopt},
  };
  EXPECT_EQ(moves_between(before, after), expected);
  EXPECT_TRUE(moves_between(after, after).empty());
}

}  // namespace
}  // namespace group
