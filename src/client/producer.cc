#include "client/producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/rdkafka.h"

namespace client {

namespace {

rd::Properties properties_of(const ProducerSettings& settings) {
  const bool all = settings.acks == "all" || settings.acks == "-1";
  rd::Properties properties = {
      {"bootstrap.servers", settings.bootstrap},
      {"client.id", "thalweg"},
      {"compression.codec", settings.codec},
      {"acks", settings.acks},
      {"enable.idempotence", settings.idempotent && all ? "true" : "false"},
      // Java's clients choose partitions this way: the same key goes to the same partition.
      {"partitioner", "murmur2_random"},
      // Errors come back as values; librdkafka need not print them as well.
      {"log_level", "0"},
  };
  for (const auto& [name, value] : settings.more) properties[name] = value;
  return properties;
}

class RdProducer final : public Producer {
 public:
  explicit RdProducer(std::function<void(const Delivery&)> delivered)
      : delivered_(std::move(delivered)) {}

  ~RdProducer() override {
    if (handle_) rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  }

  Result<void> start(const ProducerSettings& settings) {
    rd::Owned<rd_kafka_conf_t> conf = TRY(rd::configure(properties_of(settings)));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &RdProducer::on_delivery);
    rd_kafka_conf_set_error_cb(conf.get(), &RdProducer::on_error);
    std::array<char, 512> why{};
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size()));
    if (!handle_)
      return fail(ErrorCode::InvalidConfig, fmt::format("cannot start a producer: {}", why.data()));
    (void)conf.release();  // The handle owns it now.
    return {};
  }

  Result<void> send(const RecordView& record) override {
    for (;;) {
      const rd_kafka_resp_err_t error = try_send(record);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return fail(rd::error_of(error, fmt::format("cannot send to {}", record.topic)));
      }
      poll(Millis(100));
      if (fatal_) return fail(*fatal_);
    }
  }

  void poll(Millis wait) override { rd_kafka_poll(handle_.get(), static_cast<int>(wait.count())); }
  int queued() const override { return rd_kafka_outq_len(handle_.get()); }

 private:
  rd_kafka_resp_err_t try_send(const RecordView& record) {
    rd::Owned<rd_kafka_headers_t> headers;
    if (!record.headers.empty()) {
      headers.reset(rd_kafka_headers_new(record.headers.size()));
      for (const Header& header : record.headers) {
        rd_kafka_header_add(headers.get(), header.name.data(),
                            static_cast<ssize_t>(header.name.size()),
                            header.value ? header.value->data() : nullptr,
                            header.value ? static_cast<ssize_t>(header.value->size()) : 0);
      }
    }
    const std::string topic(record.topic);
    const std::int32_t partition =
        record.partition.value < 0 ? RD_KAFKA_PARTITION_UA : record.partition.value;
    // An empty key or value is a value; only a null pointer says that there is none.
    const auto data = [](const std::optional<Bytes>& bytes) {
      static std::byte empty{};
      if (!bytes) return static_cast<void*>(nullptr);
      return static_cast<void*>(bytes->empty() ? &empty : const_cast<std::byte*>(bytes->data()));
    };
    std::array<rd_kafka_vu_t, 7> parts{};
    std::size_t n = 0;
    parts[n].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[n++].u.cstr = topic.c_str();
    parts[n].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[n++].u.i32 = partition;
    parts[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[n++].u.i = RD_KAFKA_MSG_F_COPY;
    parts[n].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[n++].u.mem = {data(record.value), record.value ? record.value->size() : 0};
    parts[n].vtype = RD_KAFKA_VTYPE_KEY;
    parts[n++].u.mem = {data(record.key), record.key ? record.key->size() : 0};
    if (record.timestamp.value > 0) {
      parts[n].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
      parts[n++].u.i64 = record.timestamp.value;
    }
    if (headers) {
      parts[n].vtype = RD_KAFKA_VTYPE_HEADERS;
      parts[n++].u.headers = headers.get();
    }
    rd_kafka_error_t* error = rd_kafka_produceva(handle_.get(), parts.data(), n);
    if (!error) {
      (void)headers.release();  // The queued record owns them now.
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
  }

  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<RdProducer*>(opaque);
    Delivery delivery{
        .partition = PartitionIndex{message->partition},
        .offset = Offset{message->offset},
        .bytes = message->len + message->key_len,
        .latency = std::chrono::microseconds(rd_kafka_message_latency(message)),
        .error = {},
    };
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      delivery.error = rd::error_of(message->err, "a record was refused");
      const bool late = delivery.error->code == ErrorCode::RequestTimedOut;
      if (late && self->down_) delivery.error->detail += fmt::format("; {}", self->down_->detail);
    }
    if (!delivery.error) self->down_.reset();
    self->delivered_(delivery);
  }

  static void on_error(rd_kafka_t* handle, int code, const char* reason, void* opaque) {
    auto* self = static_cast<RdProducer*>(opaque);
    const auto error = static_cast<rd_kafka_resp_err_t>(code);
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
      std::array<char, 512> why{};
      self->fatal_ = rd::error_of(rd_kafka_fatal_error(handle, why.data(), why.size()), why.data());
    } else {
      self->down_ = Error{rd::code_of(error), reason};
    }
  }

  std::function<void(const Delivery&)> delivered_;
  std::optional<Error> fatal_;  // The producer can send no more.
  std::optional<Error> down_;   // Why the cluster was last out of reach.
  rd::Owned<rd_kafka_t> handle_;
};

}  // namespace

Result<std::unique_ptr<Producer>> Producer::open(ProducerSettings settings,
                                                 std::function<void(const Delivery&)> delivered) {
  auto producer = std::make_unique<RdProducer>(std::move(delivered));
  TRY_VOID(producer->start(settings));
  return producer;
}

std::string_view librdkafka_version() { return rd_kafka_version_str(); }

}  // namespace client
