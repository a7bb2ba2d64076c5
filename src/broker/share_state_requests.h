// The APIs of the share coordinator (83 to 87) are alike: topics with partitions, each partition a
// question for itself.
#pragma once
#include <utility>
#include <vector>

#include "broker/at_controller.h"
#include "broker/at_share_state.h"
#include "broker/call.h"
#include "env/sync.h"

namespace broker {

template <class Answer>
Answer with_error(Answer answer, const Error& error) {
  answer.error_code = error.code;
  answer.error_message = message_of(error);
  return answer;
}

namespace detail {

template <class Answer, class Asked>
env::Task<Answer> ask_share_state(Call& call, share::Key key, Asked asked,
                                  env::Task<Answer> (*ask)(Call&, share::Key, Asked)) {
  const cluster::Topic* topic = call.image().find(key.topic);
  if (!topic || !topic->find(key.partition)) {
    co_return with_error(Answer{.partition = key.partition},
                         {ErrorCode::UnknownTopicOrPartition, "there is no such partition"});
  }
  co_return co_await ask(call, std::move(key), std::move(asked));
}

}  // namespace detail

template <class Response, class Request, class Answer, class Asked>
env::Task<Response> serve_share_state(Call& call, const Request& request,
                                      env::Task<Answer> (*ask)(Call&, share::Key, Asked)) {
  std::vector<env::Task<Answer>> tasks;
  for (const auto& topic : request.topics) {
    for (const Asked& asked : topic.partitions) {
      const share::Key key{request.group_id, topic.topic_id, asked.partition};
      tasks.push_back(detail::ask_share_state<Answer, Asked>(call, key, asked, ask));
    }
  }
  std::vector<Answer> answers = co_await env::all(call.shard(), std::move(tasks));
  Response response;
  auto answer = answers.begin();
  for (const auto& topic : request.topics) {
    auto& result = response.results.emplace_back();
    result.topic_id = topic.topic_id;
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      result.partitions.push_back(std::move(*answer++));
    }
  }
  co_return response;
}

}  // namespace broker
