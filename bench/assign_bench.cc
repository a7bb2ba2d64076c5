// What does it take to share out a large group's partitions? In turn: from nothing, when one member
// has left, and where half the members also subscribe to a topic of their own. The arguments are
// members and partitions; partitions come in topics of a hundred, with replicas in three racks.
#include <benchmark/benchmark.h>

#include "group/assign.h"

namespace {

using group::AssignmentTask;
using group::Subscriber;
using Assignor = group::Target (*)(const AssignmentTask&);

TopicId topic(std::int64_t number) {
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] =
        static_cast<std::byte>(static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15 >> 8 * i);
  }
  return TopicId{id};
}

AssignmentTask task_of(std::int64_t members, std::int64_t partitions) {
  constexpr int kPerTopic = 100;
  AssignmentTask task;
  for (std::int64_t i = 0; i < partitions / kPerTopic; ++i) {
    group::TopicShape& shape = task.topics[topic(i)];
    shape.partitions = kPerTopic;
    for (int k = 0; k < kPerTopic; ++k) {
      shape.racks.push_back({std::string("zone-") + static_cast<char>('a' + k % 3)});
    }
  }
  for (std::int64_t i = 0; i < members; ++i) {
    Subscriber& member = task.members.emplace_back();
    member.id = MemberId{"consumer-" + std::to_string(i) + "-6f1c2a7e-93b4-4d55"};
    member.rack = std::string("zone-") + static_cast<char>('a' + i % 3);
    for (const auto& [id, shape] : task.topics) member.topics.insert(id);
  }
  return task;
}

void run(benchmark::State& state, Assignor assign, const AssignmentTask& task) {
  for (auto _ : state) benchmark::DoNotOptimize(assign(task));
}

template <Assignor assign>
void from_nothing(benchmark::State& state) {
  run(state, assign, task_of(state.range(0), state.range(1)));
}

template <Assignor assign>
void one_left(benchmark::State& state) {
  AssignmentTask task = task_of(state.range(0), state.range(1));
  group::Target target = assign(task);
  for (Subscriber& member : task.members) member.has = std::move(target.at(member.id));
  task.members.pop_back();
  run(state, assign, task);
}

template <Assignor assign>
void mixed(benchmark::State& state) {
  AssignmentTask task = task_of(state.range(0), state.range(1));
  task.topics[topic(-1)].partitions = 100;
  for (std::size_t i = 0; i < task.members.size(); i += 2) {
    task.members[i].topics.insert(topic(-1));
  }
  run(state, assign, task);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({10, 100})
      ->Args({1'000, 10'000})
      ->Args({10'000, 10'000})
      ->Unit(benchmark::kMicrosecond);
}

BENCHMARK(from_nothing<group::assign_uniform>)->Apply(sizes);
BENCHMARK(one_left<group::assign_uniform>)->Apply(sizes);
BENCHMARK(mixed<group::assign_uniform>)->Apply(sizes);
BENCHMARK(from_nothing<group::assign_range>)->Apply(sizes);
BENCHMARK(one_left<group::assign_range>)->Apply(sizes);
BENCHMARK(mixed<group::assign_range>)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
