#include "client/consumer.h"

#include <fmt/format.h>

#include <array>

#include "client/rdkafka.h"

namespace client {

namespace {

rd::Properties properties_of(const ConsumerSettings& settings) {
  rd::Properties properties = {
      {"bootstrap.servers", settings.bootstrap},
      {"client.id", "thalweg"},
      // librdkafka wants a group even where none is used; nothing is stored under this one.
      {"group.id", settings.group.empty() ? "thalweg" : settings.group},
      {"auto.offset.reset", settings.group.empty() ? "error" : settings.reset},
      {"enable.auto.commit", !settings.group.empty() && settings.commit ? "true" : "false"},
      {"enable.partition.eof", "true"},
      {"isolation.level", settings.read_committed ? "read_committed" : "read_uncommitted"},
      {"fetch.wait.max.ms", "250"},
      // Once so many records wait librdkafka stops fetching for a whole second: let bytes decide.
      {"queued.min.messages", "1000000"},
      {"fetch.message.max.bytes", "4194304"},
      {"log_level", "0"},
  };
  for (const auto& [name, value] : settings.more) properties[name] = value;
  return properties;
}

std::optional<Bytes> bytes_of(const void* data, std::size_t size) {
  if (!data) return {};
  return Bytes{static_cast<const std::byte*>(data), size};
}

RecordView view_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t kind{};
  RecordView record{
      .topic = rd_kafka_topic_name(message.rkt),
      .partition = PartitionIndex{message.partition},
      .offset = Offset{message.offset},
      .timestamp = Timestamp{rd_kafka_message_timestamp(&message, &kind)},
      .key = bytes_of(message.key, message.key_len),
      .value = bytes_of(message.payload, message.len),
      .headers = {},
  };
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.push_back({name, bytes_of(value, size)});
    }
  }
  return record;
}

class RdConsumer final : public Consumer {
 public:
  ~RdConsumer() override {
    message_.reset();
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  Result<void> start(const ConsumerSettings& settings) {
    rd::Owned<rd_kafka_conf_t> conf = TRY(rd::configure(properties_of(settings)));
    std::array<char, 512> why{};
    handle_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why.data(), why.size()));
    if (!handle_)
      return fail(ErrorCode::InvalidConfig, fmt::format("cannot start a consumer: {}", why.data()));
    (void)conf.release();  // The handle owns it now.
    rd_kafka_poll_set_consumer(handle_.get());
    return {};
  }

  Result<void> assign(const std::vector<Start>& starts) override {
    rd::Owned<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
    for (const Start& start : starts) {
      rd_kafka_topic_partition_list_add(list.get(), start.partition.topic.value.c_str(),
                                        start.partition.partition.value)
          ->offset = start.offset.value;
    }
    const rd_kafka_resp_err_t error = rd_kafka_assign(handle_.get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(rd::error_of(error, "cannot read the partitions"));
    return {};
  }

  Result<void> subscribe(const std::vector<TopicName>& topics) override {
    rd::Owned<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const TopicName& topic : topics) {
      rd_kafka_topic_partition_list_add(list.get(), topic.value.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const rd_kafka_resp_err_t error = rd_kafka_subscribe(handle_.get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(rd::error_of(error, "cannot subscribe"));
    return {};
  }

  std::size_t assigned() const override {
    rd_kafka_topic_partition_list_t* list = nullptr;
    if (rd_kafka_assignment(handle_.get(), &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    const rd::Owned<rd_kafka_topic_partition_list_t> owned(list);
    return static_cast<std::size_t>(list->cnt);
  }

  Result<Polled> poll(Millis wait) override {
    message_.reset(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
    if (!message_) return Polled{};
    switch (message_->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        record_ = view_of(*message_);
        return Polled{.record = &record_, .end = {}};
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return Polled{.record = nullptr,
                      .end = EndOfPartition{{TopicName{rd_kafka_topic_name(message_->rkt)},
                                             PartitionIndex{message_->partition}},
                                            Offset{message_->offset}}};
      case RD_KAFKA_RESP_ERR__TRANSPORT:
      case RD_KAFKA_RESP_ERR__TIMED_OUT:
        return Polled{};  // librdkafka goes on trying.
      default:
        return fail(rd::code_of(message_->err), rd_kafka_message_errstr(message_.get()));
    }
  }

  Result<void> commit() override {
    const rd_kafka_resp_err_t error = rd_kafka_commit(handle_.get(), nullptr, 0);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET) return {};
    return fail(rd::error_of(error, "cannot commit offsets"));
  }

 private:
  rd::Owned<rd_kafka_t> handle_;
  rd::Owned<rd_kafka_message_t> message_;  // What record_ looks into.
  RecordView record_;
};

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::open(ConsumerSettings settings) {
  auto consumer = std::make_unique<RdConsumer>();
  TRY_VOID(consumer->start(settings));
  return consumer;
}

}  // namespace client
