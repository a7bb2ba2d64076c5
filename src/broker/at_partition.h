// Asking partitions from a handler, wherever they live.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "broker/call.h"
#include "broker/engine.h"
#include "cluster/image.h"
#include "env/sync.h"

namespace broker {

namespace detail {

template <class T, class Use>
env::Task<Result<T>> use_partition(Engine& owner, TopicId topic, PartitionIndex index, Use use) {
  const std::shared_ptr<Partition> partition = owner.find(topic, index);
  if (!partition) co_return fail(ErrorCode::UnknownTopicOrPartition, "the topic was deleted");
  co_return co_await use(partition);
}

}  // namespace detail

// Runs the Task<Result<T>> that `use(shared_ptr<Partition>)` gives on the shard that owns the
// partition. UnknownTopicOrPartition where there is none.
template <class T, class Use>
env::Task<Result<T>> at_partition(Call& call, TopicName name, PartitionIndex index, Use use) {
  const cluster::Topic* topic = call.image().find(name);
  if (!topic || !topic->find(index)) {
    co_return fail(
        ErrorCode::UnknownTopicOrPartition,
        "this broker has no partition " + std::to_string(index.value) + " of '" + name.value + "'");
  }
  const TopicId id = topic->id;
  Engine* const owner = &call.engine().node().owner_of(id, index);
  co_return co_await call.on<Result<T>>(owner->shard(), [owner, id, index, use] {
    return detail::use_partition<T>(*owner, id, index, use);
  });
}

// Most requests about partitions are a list of topics with a list of partitions each, and are
// answered in that shape. Starts `ask(topic, partition) -> Task<Answer>` for each, and gives the
// answers topic by topic.
template <class Answer, class Topics, class Ask>
env::Task<std::vector<std::vector<Answer>>> ask_partitions(Call& call, const Topics& topics,
                                                           Ask ask) {
  std::vector<env::Task<Answer>> tasks;
  for (const auto& topic : topics) {
    for (const auto& partition : topic.partitions) tasks.push_back(ask(topic, partition));
  }
  std::vector<Answer> answers = co_await env::all(call.shard(), std::move(tasks));
  std::vector<std::vector<Answer>> shaped;
  auto answer = answers.begin();
  for (const auto& topic : topics) {
    const auto end = answer + static_cast<std::ptrdiff_t>(topic.partitions.size());
    shaped.emplace_back(std::make_move_iterator(answer), std::make_move_iterator(end));
    answer = end;
  }
  co_return shaped;
}

}  // namespace broker
