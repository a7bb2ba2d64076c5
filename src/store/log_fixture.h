// For tests: a log on a simulated disk, beside a model of what it should hold.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.h"
#include "store/log.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace store {

inline TopicId topic_id(int number = 7) {
  Uuid id;
  id.bytes[15] = static_cast<std::byte>(number);
  return TopicId{id};
}

struct TestRecord {
  Timestamp timestamp;
  std::string value;
};

inline ByteVector make_batch(const std::vector<TestRecord>& records) {
  wire::BatchBuilder builder;
  for (const TestRecord& record : records) {
    builder.add(record.timestamp, as_bytes("key"), as_bytes(record.value));
  }
  return builder.finish();
}
inline ByteVector make_batch(std::int64_t timestamp, int count = 1, std::size_t value_size = 20) {
  std::vector<TestRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(
        {Timestamp{timestamp + i}, std::string(value_size, static_cast<char>('a' + i))});
  }
  return make_batch(records);
}

class LogFixture {
 public:
  static constexpr const char* kFolder = "/data/orders-0";

  explicit LogFixture(std::uint64_t seed = 1) : world(seed), machine(world.add_machine()) {
    options.segment_bytes = 4000;
    options.index_interval_bytes = 300;
    check(disk().make_dirs("/data").has_value());
    check(world.run(disk().sync_dir("/")).has_value());
    start();
  }
  ~LogFixture() { stop(); }

  void start() {
    syncer = std::make_unique<Syncer>(shard());
    cache = std::make_unique<FileCache>(shard().files(), FileCache::Limits{});
  }
  // The log as the program left it: nothing more is written.
  void stop() {
    world.run_until_idle();
    log.reset();
    cache.reset();
    syncer.reset();
  }
  Result<void> open(OpenFacts facts = {}) {
    auto opened = world.run(Log::open(shard(), *syncer, *cache, kFolder, topic_id(),
                                      std::make_shared<LogOptions>(options), facts));
    if (!opened) return fail(opened.error());
    log = std::move(opened->log);
    report = std::move(opened->report);
    return {};
  }
  void must_open(OpenFacts facts = {}) {
    const auto opened = open(facts);
    ASSERT_TRUE(opened) << opened.error().detail;
  }
  void close_cleanly_and_reopen() {
    const Offset start = log->log_start();
    const Offset point = log->recovery_point();
    const auto closed = world.run(log->close());
    ASSERT_TRUE(closed) << closed.error().detail;
    stop();
    this->start();
    must_open({.clean = true, .recovery_point = point, .log_start = start});
  }
  // The process dies, the machine goes on.
  void kill_and_reopen(OpenFacts facts = {}) {
    stop();
    start();
    must_open(facts);
  }
  void crash() {
    machine.crash();
    stop();
    start();
  }

  Result<Appended> append(ByteVector batch, int epoch = 0, std::int64_t now = 1000) {
    return world.run(log->append(batch, LeaderEpoch{epoch}, Timestamp{now}));
  }
  Result<Appended> append_durably(ByteVector batch, int epoch = 0, std::int64_t now = 1000) {
    auto appended = append(std::move(batch), epoch, now);
    if (!appended) return appended;
    const auto durable = world.run(log->wait_durable(Offset{appended->last.value + 1}));
    if (!durable) return fail(durable.error());
    return appended;
  }
  Result<ByteVector> read(std::int64_t from, std::size_t max = 1 << 30,
                          std::int64_t upper = INT64_MAX) {
    return world.run(log->read_bytes(Offset{from}, max, Offset{upper}));
  }
  // The offsets of all records from `from` on.
  std::vector<std::int64_t> offsets(std::int64_t from) {
    std::vector<std::int64_t> found;
    const auto bytes = read(from);
    if (!bytes) return {-1};
    wire::BatchIterator batches(*bytes);
    wire::BatchScratch scratch;
    for (;;) {
      const auto batch = batches.next();
      if (!batch || !*batch) return found;
      (void)wire::for_each_record((*batch)->bytes, scratch, [&](const auto& record) {
        found.push_back(record.offset.value);
      });
    }
  }
  std::string log_path(std::int64_t base = 0) const {
    return std::string(kFolder) + "/" + logs::file_name(logs::FileKind::Log, Offset{base});
  }
  std::string index_path(std::int64_t base = 0) const {
    return std::string(kFolder) + "/" + logs::file_name(logs::FileKind::Index, Offset{base});
  }
  std::string time_index_path(std::int64_t base = 0) const {
    return std::string(kFolder) + "/" + logs::file_name(logs::FileKind::TimeIndex, Offset{base});
  }
  std::string text_of(const std::string& path) const {
    const auto content = machine.disk().content(path);
    return content ? std::string(as_text(*content)) : "(none)";
  }

  env::Shard& shard() { return machine.shard(0); }
  sim::Disk& disk() { return machine.disk(); }

  sim::World world;
  sim::Machine& machine;
  LogOptions options;
  std::unique_ptr<Syncer> syncer;
  std::unique_ptr<FileCache> cache;
  std::unique_ptr<Log> log;
  RecoveryReport report;
};

}  // namespace store
