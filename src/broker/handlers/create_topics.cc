// Creates topics. The client learns, topic by topic and in its own order, what became of each.
#include "wire/019_create_topics.h"

#include "broker/at_controller.h"
#include "broker/handlers/handlers.h"
#include "observe/log.h"

namespace broker {
namespace {

using Request = wire::CreateTopicsRequest;
using Response = wire::CreateTopicsResponse;
using Answer = Response::CreatableTopicResult;

cluster::NewTopic to_new_topic(Request::CreatableTopic& wanted) {
  cluster::NewTopic topic{.name = std::move(wanted.name),
                          .partitions = wanted.num_partitions,
                          .replication_factor = wanted.replication_factor};
  for (auto& assignment : wanted.assignments) {
    topic.assignments.push_back({assignment.partition_index, std::move(assignment.broker_ids)});
  }
  for (auto& config : wanted.configs) {
    topic.configs.emplace_back(std::move(config.name), std::move(config.value));
  }
  return topic;
}

std::vector<Response::CreatableTopicConfigs> show_configs(Call& call, const TopicName& topic) {
  const cluster::ImagePtr image = call.engine().image();
  const Node& node = call.engine().node();
  std::vector<Response::CreatableTopicConfigs> shown;
  for (config::Described& option :
       config::describe_topic(image->topic_layers(topic, node.id, node.fixed), std::nullopt)) {
    shown.push_back({.name = std::move(option.name),
                     .value = std::move(option.value),
                     .read_only = option.read_only,
                     .config_source = static_cast<std::int8_t>(option.source),
                     .is_sensitive = option.sensitive});
  }
  return shown;
}

// Defaults that lose data are called out when a topic is made (design decision 6).
void call_out(Call& call, const TopicName& name) {
  const cluster::ImagePtr image = call.engine().image();
  const cluster::Topic* topic = image->find(name);
  if (!topic) return;
  const auto options = call.engine().topic_options(*topic);
  if (options->durability == config::Durability::PageCache) {
    observe::warn("a topic was made whose acknowledged records a power failure can lose",
                  {{"topic", name}, {"setting", "thalweg.durability=page-cache"}});
  }
  if (options->unclean_leader_election) {
    observe::warn("a topic was made whose acknowledged records an election can lose",
                  {{"topic", name}, {"setting", "unclean.leader.election.enable=true"}});
  }
}

}  // namespace

env::Task<Response> create_topics(Call& call, Request request) {
  std::vector<cluster::NewTopic> wanted;
  for (auto& topic : request.topics) wanted.push_back(to_new_topic(topic));
  const std::vector<cluster::NewTopic>* const topics = &wanted;
  const std::vector<Result<cluster::CreatedTopic>> outcomes =
      co_await at_controller<cluster::CreatedTopic>(
          call, [topics](const cluster::Context& c) { return cluster::create_topics(c, *topics); },
          request.validate_only);

  Response response;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Error error = error_of(outcomes[i]);
    Answer answer{
        .name = wanted[i].name, .error_code = error.code, .error_message = message_of(error)};
    if (outcomes[i]) {
      answer.topic_id = request.validate_only ? TopicId{} : outcomes[i]->id;
      answer.num_partitions = outcomes[i]->partitions;
      answer.replication_factor = outcomes[i]->replication_factor;
      answer.configs = show_configs(call, wanted[i].name);
      call_out(call, wanted[i].name);
    }
    response.topics.push_back(std::move(answer));
  }
  co_return response;
}

}  // namespace broker
