// Deletes topics, by name or by id.
#include "wire/020_delete_topics.h"

#include "broker/at_controller.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::DeleteTopicsRequest;
using Response = wire::DeleteTopicsResponse;

constexpr wire::Version kFirstById = 6;

std::vector<cluster::TopicRef> wanted_topics(Request& request, wire::Version version) {
  std::vector<cluster::TopicRef> wanted;
  if (version < kFirstById) {
    for (TopicName& name : request.topic_names) wanted.push_back({std::move(name), {}});
  } else {
    for (auto& topic : request.topics) {
      wanted.push_back({std::move(topic.name).value_or(TopicName{}), topic.topic_id});
    }
  }
  return wanted;
}

}  // namespace

env::Task<Response> delete_topics(Call& call, Request request) {
  const std::vector<cluster::TopicRef> wanted = wanted_topics(request, call.version());
  const std::vector<cluster::TopicRef>* const topics = &wanted;
  const std::vector<Result<cluster::DeletedTopic>> outcomes =
      co_await at_controller<cluster::DeletedTopic>(
          call, [topics](const cluster::Context& c) { return cluster::delete_topics(c, *topics); },
          false);

  Response response;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Error error = error_of(outcomes[i]);
    Response::DeletableTopicResult answer{
        .topic_id = wanted[i].id, .error_code = error.code, .error_message = message_of(error)};
    if (!wanted[i].name.value.empty()) answer.name = wanted[i].name;
    if (outcomes[i]) {
      answer.name = outcomes[i]->name;
      answer.topic_id = outcomes[i]->id;
    }
    response.responses.push_back(std::move(answer));
  }
  co_return response;
}

}  // namespace broker
