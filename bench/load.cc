// Drives a broker with produce, fetch or commit requests over plain sockets, and prints one line of
// JSON.
// It costs far less than a client library, so that on a small machine the broker is what is
// measured. It speaks only versions without compact encodings, so it drives Thalweg, the floors
// beside this file, and Apache Kafka alike.
//
//   load produce|fetch|commit address=HOST:PORT topic=NAME [NAME=VALUE]...      see plan.h
//
// A produce request carries one batch for each of `spread` partitions, with acks=all; a
// connection's next request takes the next partitions. A connection that fetches keeps to one
// partition, and at its end begins again. One that commits speaks for `depth` consumers, each of a
// group of its own with one commit under way.
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "outcome.h"
#include "plan.h"
#include "socket.h"
#include "wire/record_batch_builder.h"

namespace {

using bench::Clock;
using bench::load;
using bench::Outcome;
using bench::Plan;
using bench::Writer;

ByteVector batch_of(const Plan& plan) {
  wire::BatchBuilder builder;
  ByteVector value(static_cast<std::size_t>(plan.bytes));
  std::uint32_t dice = 7;
  for (int i = 0; i < plan.records; ++i) {
    for (std::byte& byte : value)
      byte = static_cast<std::byte>((dice = dice * 1664525U + 1013904223U) >> 24);
    builder.add(Timestamp{1'767'225'600'000 + i}, {}, value);
  }
  return builder.finish();
}

void create_topic(const Plan& plan) {
  Writer body;
  body.i32(1).string(plan.topic).i32(plan.partitions).i16(1).i32(0).i32(0).i32(60'000).i8(0);
  const int fd = bench::connect_to(plan.address);
  const std::vector<char> ask = bench::request(19, 2, 1, body);
  bench::send_all(fd, ask.data(), ask.size());
  std::vector<char> answer;
  bench::read_answer(fd, answer);  // It may be there already.
  ::close(fd);
}

// A produce request and the places of the partitions' numbers in it.
struct ProduceRequest {
  explicit ProduceRequest(const Plan& plan) {
    const ByteVector batch = batch_of(plan);
    Writer body;
    body.i16(-1).i16(-1).i32(30'000).i32(1).string(plan.topic).i32(plan.spread);
    const std::size_t entry = 4 + 4 + batch.size();
    for (int i = 0; i < plan.spread; ++i) {
      body.i32(0).i32(static_cast<std::int32_t>(batch.size())).raw(batch.data(), batch.size());
    }
    bytes = bench::request(0, 3, 1, body);
    for (std::size_t i = 0; i < static_cast<std::size_t>(plan.spread); ++i) {
      numbers.push_back(bytes.size() - entry * (i + 1));
    }
  }
  void address_to(int first, int partitions) {
    for (const std::size_t at : numbers) {
      Writer number;
      number.i32(first++ % partitions);
      std::memcpy(bytes.data() + at, number.bytes.data(), 4);
    }
  }
  std::vector<char> bytes;
  std::vector<std::size_t> numbers;
};

// Behind the name of the topic, which starts at `at`.
const char* behind_topic(const std::vector<char>& answer, std::size_t at) {
  return answer.data() + at + 2 + load<std::int16_t>(answer.data() + at);
}

// When the requests of one connection are due.
class Schedule {
 public:
  Schedule(const Plan& plan, int client, Clock::time_point start) : paced_(plan.rate > 0) {
    const double each = paced_ ? plan.clients * plan.records * plan.spread / plan.rate : 0;
    period_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(each));
    due_ = start + period_ * client / plan.clients;
  }
  // When the next one should have been sent; where nothing paces them, that is now.
  Clock::time_point due() const { return paced_ ? due_ : Clock::now(); }
  void sent() { due_ += period_; }
  Clock::duration period() const { return period_; }

 private:
  bool paced_;
  Clock::duration period_;
  Clock::time_point due_;
};

class Producing {
 public:
  Producing(const Plan& plan, int client, Clock::time_point start, Outcome& outcome)
      : plan_(plan),
        outcome_(outcome),
        request_(plan),
        schedule_(plan, client, start),
        end_(start + std::chrono::microseconds(static_cast<std::int64_t>(plan.seconds * 1e6))),
        fd_(bench::connect_to(plan.address)),
        next_partition_(client * plan.spread) {}

  void run() {
    // What is late by then will not be sent.
    const auto last_call = end_ + (end_ - Clock::now());
    while (true) {
      const Clock::time_point due = schedule_.due();
      const bool more = due < end_ && Clock::now() < last_call && !enough();
      if (!more && under_way_.empty()) break;
      if (more && static_cast<int>(under_way_.size()) < plan_.depth && !answered_before(due)) {
        send(due);
      } else {
        receive();
      }
    }
    if (plan_.rate > 0 && schedule_.due() < end_) {
      outcome_.late += static_cast<std::uint64_t>((end_ - schedule_.due()) / schedule_.period());
    }
    ::close(fd_);
  }

 private:
  bool enough() const {
    return plan_.until > 0 && static_cast<double>(outcome_.bytes) * plan_.clients >= plan_.until;
  }

  // Waits until `due`, unless an answer comes before.
  bool answered_before(Clock::time_point due) {
    const auto left = due - Clock::now();
    if (left <= Clock::duration::zero()) return false;
    pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
    const timespec time{0, std::min<long>(999'999'999, std::chrono::nanoseconds(left).count())};
    return ::ppoll(&poll, 1, &time, nullptr) > 0;
  }

  void send(Clock::time_point due) {
    if (Clock::now() < due) return;  // Woken early.
    request_.address_to(next_partition_, plan_.partitions);
    next_partition_ = (next_partition_ + plan_.clients * plan_.spread) % plan_.partitions;
    under_way_.push_back(due);
    bench::send_all(fd_, request_.bytes.data(), request_.bytes.size());
    schedule_.sent();
  }

  void receive() {
    if (!bench::read_answer(fd_, answer_)) bench::give_up("the broker hung up");
    outcome_.took(under_way_.front());
    under_way_.pop_front();
    // For each partition its number, error, base offset and append time.
    const char* at = behind_topic(answer_, 8) + 4;
    for (int i = 0; i < plan_.spread; ++i, at += 22) {
      if (load<std::int16_t>(at + 4) != 0) {
        ++outcome_.errors;
        continue;
      }
      outcome_.bytes += static_cast<std::uint64_t>(plan_.batch_bytes());
      outcome_.records += static_cast<std::uint64_t>(plan_.records);
    }
  }

  const Plan& plan_;
  Outcome& outcome_;
  ProduceRequest request_;
  Schedule schedule_;
  Clock::time_point end_;
  int fd_;
  int next_partition_;
  std::deque<Clock::time_point> under_way_;
  std::vector<char> answer_;
};

void drive_produce(const Plan& plan, int client, Clock::time_point start, Outcome& outcome) {
  Producing(plan, client, start, outcome).run();
}

std::vector<char> fetch_request(const Plan& plan, int partition, std::int64_t offset) {
  constexpr std::int32_t kMost = 1 << 20;
  Writer body;
  body.i32(-1).i32(500).i32(1).i32(8 << 20).i8(0).i32(1).string(plan.topic).i32(1);
  body.i32(partition).i64(offset).i32(kMost);
  return bench::request(1, 4, 1, body);
}

// Follows the batches of a fetch answer: the offset after the last whole one, or `from`.
std::int64_t next_offset(const char* batches, std::int32_t size, std::int64_t from) {
  for (std::int32_t at = 0; at + 61 <= size;) {
    const std::int32_t whole = 12 + load<std::int32_t>(batches + at + 8);
    if (at + whole > size) break;
    from = load<std::int64_t>(batches + at) + load<std::int32_t>(batches + at + 23) + 1;
    at += whole;
  }
  return from;
}

void drive_fetch(const Plan& plan, int client, Clock::time_point start, Outcome& outcome) {
  const auto end = start + std::chrono::microseconds(static_cast<std::int64_t>(plan.seconds * 1e6));
  const int fd = bench::connect_to(plan.address);
  std::int64_t offset = 0;
  std::vector<char> answer;
  while (Clock::now() < end) {
    const Clock::time_point began = Clock::now();
    const std::vector<char> ask = fetch_request(plan, client % plan.partitions, offset);
    bench::send_all(fd, ask.data(), ask.size());
    if (!bench::read_answer(fd, answer)) bench::give_up("the broker hung up");
    outcome.took(began);
    // index, error, high watermark, last stable offset, aborted transactions, size of the records.
    const char* part = behind_topic(answer, 12) + 4;
    if (load<std::int16_t>(part + 4) != 0) {
      ++outcome.errors;
      continue;
    }
    const std::int32_t aborted = std::max(0, load<std::int32_t>(part + 22));
    const char* records = part + 26 + aborted * 16;
    const std::int32_t size = std::max(0, load<std::int32_t>(records));
    outcome.bytes += static_cast<std::uint64_t>(size);
    const std::int64_t next = next_offset(records + 4, size, offset);
    outcome.records += static_cast<std::uint64_t>(next - offset);
    offset =
        next == load<std::int64_t>(part + 6) ? 0 : next;  // At the end, from the beginning again.
  }
  ::close(fd);
}

// A commit of one consumer for one partition, and the place of the offset in it.
struct CommitRequest {
  CommitRequest(const Plan& plan, int client, int consumer) {
    const std::string group = "bench-" + std::to_string(client) + "-" + std::to_string(consumer);
    const int partition = (client * plan.depth + consumer) % plan.partitions;
    Writer body;
    body.string(group).i32(-1).string("").i32(1).string(plan.topic).i32(1);
    body.i32(partition).i64(0).string("");
    bytes = bench::request(8, 5, 1, body);
  }
  void set_offset(std::int64_t offset) {
    Writer number;
    number.i64(offset);
    std::memcpy(bytes.data() + bytes.size() - 10, number.bytes.data(), 8);
  }
  std::vector<char> bytes;
};

void drive_commit(const Plan& plan, int client, Clock::time_point start, Outcome& outcome) {
  const auto end = start + std::chrono::microseconds(static_cast<std::int64_t>(plan.seconds * 1e6));
  const int fd = bench::connect_to(plan.address);
  std::vector<CommitRequest> consumers;
  for (int i = 0; i < plan.depth; ++i) consumers.emplace_back(plan, client, i);
  std::deque<Clock::time_point> under_way;
  std::vector<char> answer;
  std::size_t next = 0;
  for (std::int64_t offset = 0; !under_way.empty() || Clock::now() < end;) {
    // Answers come in order, so the consumer whose turn it is was answered longest ago.
    while (under_way.size() < consumers.size() && Clock::now() < end) {
      CommitRequest& consumer = consumers[next++ % consumers.size()];
      consumer.set_offset(offset++);
      under_way.push_back(Clock::now());
      bench::send_all(fd, consumer.bytes.data(), consumer.bytes.size());
    }
    if (under_way.empty()) break;
    if (!bench::read_answer(fd, answer)) bench::give_up("the broker hung up");
    outcome.took(under_way.front());
    under_way.pop_front();
    ++outcome.records;
    if (load<std::int16_t>(answer.data() + answer.size() - 2) != 0) ++outcome.errors;
  }
  ::close(fd);
}

// The broker makes the topic that keeps offsets when it is first asked who keeps them.
void find_coordinator(const Plan& plan) {
  Writer body;
  body.string("bench").i8(0);
  const int fd = bench::connect_to(plan.address);
  const std::vector<char> ask = bench::request(10, 1, 1, body);
  std::vector<char> answer;
  do {
    bench::send_all(fd, ask.data(), ask.size());
    if (!bench::read_answer(fd, answer)) bench::give_up("the broker hung up");
  } while (load<std::int16_t>(answer.data() + 8) != 0 && ::usleep(100'000) == 0);
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = bench::plan_of(argc, argv);
  const bool produces = plan.what == "produce";
  const bool commits = plan.what == "commit";
  if (!produces && !commits && plan.what != "fetch") bench::refuse("load produce, fetch or commit");
  ::prctl(PR_SET_TIMERSLACK, 1);  // To the microsecond, where a request is due.
  if (produces || commits) create_topic(plan);
  if (commits) find_coordinator(plan);
  const auto drive = produces ? drive_produce : commits ? drive_commit : drive_fetch;
  const auto start = Clock::now();
  std::vector<Outcome> outcomes(static_cast<std::size_t>(plan.clients));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < plan.clients; ++i) {
      threads.emplace_back(drive, std::cref(plan), i, start,
                           std::ref(outcomes[static_cast<std::size_t>(i)]));
    }
  }
  bench::print(bench::sum(outcomes), std::chrono::duration<double>(Clock::now() - start).count());
}
