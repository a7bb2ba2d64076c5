// Drives a broker through librdkafka, as C, C++, Python, Go and C# programs do, and prints one line
// of JSON.
//
//   client_load produce|consume address=HOST:PORT topic=NAME [NAME=VALUE]...      see plan.h
//
// Each producer writes to the partitions in turn, one record at a time. With a rate, a record's
// latency is counted from when it was due. A consumer gets its share of the partitions and reads
// them from their beginning.
#include <librdkafka/rdkafka.h>
#include <sys/prctl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "outcome.h"
#include "plan.h"

namespace {

using bench::Clock;
using bench::Outcome;
using bench::Plan;

using Settings = std::vector<std::pair<std::string, std::string>>;
using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

// A record's due time travels with it as its opaque pointer.
void* to_opaque(Clock::time_point due) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(due.time_since_epoch().count()));
}
Clock::time_point from_opaque(const void* opaque) {
  return Clock::time_point(Clock::duration(reinterpret_cast<std::uintptr_t>(opaque)));
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& outcome = *static_cast<Outcome*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++outcome.errors;
    return;
  }
  outcome.bytes += message->len;
  ++outcome.records;
  outcome.took(from_opaque(message->_private));
}

Client make(rd_kafka_type_t type, const Settings& settings, Outcome& outcome) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> why{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      bench::refuse(why.data());
    }
  }
  rd_kafka_conf_set_opaque(conf, &outcome);
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  Client client(rd_kafka_new(type, conf, why.data(), why.size()), &rd_kafka_destroy);
  if (!client) bench::refuse(why.data());
  return client;
}

struct Run {
  const Plan& plan;
  Clock::time_point start;
  Clock::time_point end;
  std::atomic<double> consumed = 0;
};

void produce(Run& run, int number, Outcome& outcome) {
  const Plan& plan = run.plan;
  const Client client =
      make(RD_KAFKA_PRODUCER,
           {{"bootstrap.servers", plan.address},
            {"acks", "all"},
            {"linger.ms", std::to_string(plan.linger_ms)},
            {"batch.size", std::to_string(std::max<std::int64_t>(1 << 16, plan.bytes + 1024))},
            {"max.in.flight", "5"},
            {"queue.buffering.max.kbytes", "32768"},
            {"queue.buffering.max.messages", "100000"},
            // Or a partition's records are held back while its leader is not known yet.
            {"topic.metadata.refresh.fast.interval.ms", "10"}},
           outcome);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client.get(), plan.topic.c_str(), nullptr);
  std::vector<char> value(static_cast<std::size_t>(plan.bytes));
  std::uint32_t dice = 7;
  for (char& c : value) c = static_cast<char>((dice = dice * 1664525U + 1013904223U) >> 24);

  const double each = plan.rate > 0 ? plan.clients / plan.rate : 0;
  const auto period =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(each));
  auto due = run.start + period * number / plan.clients;
  int partition = number;
  while (due < run.end) {
    if (plan.rate <= 0) due = Clock::now();
    if (plan.rate > 0) {
      rd_kafka_poll(client.get(), 0);
      std::this_thread::sleep_until(due);
    }
    const int sent = rd_kafka_produce(topic, partition % plan.partitions, RD_KAFKA_MSG_F_COPY,
                                      value.data(), value.size(), nullptr, 0, to_opaque(due));
    if (sent != 0) {
      rd_kafka_poll(client.get(), 5);  // The queue is full.
      continue;
    }
    partition = (partition + 1) % plan.partitions;
    due += period;
    if ((outcome.records & 63) == 0) rd_kafka_poll(client.get(), 0);
  }
  if (rd_kafka_flush(client.get(), 20'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    outcome.late += static_cast<std::uint64_t>(rd_kafka_outq_len(client.get()));
  }
  rd_kafka_topic_destroy(topic);
}

void consume(Run& run, int number, Outcome& outcome) {
  const Plan& plan = run.plan;
  const Client client = make(RD_KAFKA_CONSUMER,
                             {{"bootstrap.servers", plan.address},
                              {"group.id", "bench"},
                              {"enable.auto.commit", "false"},
                              {"check.crcs", "false"},
                              {"queued.max.messages.kbytes", "65536"}},
                             outcome);
  rd_kafka_poll_set_consumer(client.get());
  rd_kafka_topic_partition_list_t* mine = rd_kafka_topic_partition_list_new(plan.partitions);
  for (int i = number; i < plan.partitions; i += plan.clients) {
    rd_kafka_topic_partition_list_add(mine, plan.topic.c_str(), i)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client.get(), mine);
  rd_kafka_topic_partition_list_destroy(mine);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client.get());
  std::vector<rd_kafka_message_t*> messages(1000);
  while (Clock::now() < run.end && (plan.until <= 0 || run.consumed < plan.until)) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, 50, messages.data(), messages.size());
    std::uint64_t bytes = 0;
    for (ssize_t i = 0; i < got; ++i) {
      const rd_kafka_message_t& message = *messages[static_cast<std::size_t>(i)];
      if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++outcome.records;
        bytes += message.len;
      } else {
        ++outcome.errors;
      }
      rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
    }
    outcome.bytes += bytes;
    run.consumed += static_cast<double>(bytes);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client.get());
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = bench::plan_of(argc, argv);
  if (plan.what != "produce" && plan.what != "consume") {
    bench::refuse("client_load produce or client_load consume");
  }
  ::prctl(PR_SET_TIMERSLACK, 1);
  const auto start = Clock::now();
  Run run{.plan = plan,
          .start = start,
          .end = start + std::chrono::microseconds(static_cast<std::int64_t>(plan.seconds * 1e6))};
  std::vector<Outcome> outcomes(static_cast<std::size_t>(plan.clients));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < plan.clients; ++i) {
      threads.emplace_back(plan.what == "produce" ? produce : consume, std::ref(run), i,
                           std::ref(outcomes[static_cast<std::size_t>(i)]));
    }
  }
  bench::print(bench::sum(outcomes), std::chrono::duration<double>(Clock::now() - start).count());
}
