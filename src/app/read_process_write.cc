#include "app/read_process_write.h"

#include "app/pace.h"
#include "client/groups.h"
#include "wire/record_batch_reader.h"

namespace app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr Millis kRetryPause{20};  // As the transactional producer's.

std::uint64_t micros(Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

class AtLeastOnce final : public Guarantee {
 public:
  AtLeastOnce(env::Shard& shard, client::Connection& coordinator, GroupId group,
              std::unique_ptr<client::BatchSender> sender)
      : shard_(shard),
        coordinator_(coordinator),
        group_(std::move(group)),
        sender_(std::move(sender)) {}

  env::Task<Result<void>> write(TopicPartition to,
                                std::vector<client::NewRecord> records) override {
    return sender_->send(std::move(to), std::move(records));
  }
  env::Task<Result<void>> flush() override { return sender_->flush(); }
  env::Task<Result<void>> commit(Offsets offsets, LoadResult& into) override {
    const Instant began = shard_.now();
    for (;;) {
      const Result<void> taken = co_await client::commit_offsets(coordinator_, group_, offsets);
      if (taken) break;
      const bool late = shard_.now() - began >= kPatience;
      if (late || !is_retriable(taken.error().code)) co_return fail(taken.error());
      co_await shard_.sleep(kRetryPause);
    }
    into.offsets.add(micros(shard_.now() - began));
    into.commit.add(micros(shard_.now() - began));
    co_return Result<void>{};
  }
  env::Task<Result<void>> take_back(Error why) override { co_return fail(std::move(why)); }
  env::Task<void> close() override { return sender_->close(); }
  std::int64_t retries() const override { return sender_->retries(); }

 private:
  env::Shard& shard_;
  client::Connection& coordinator_;
  GroupId group_;
  std::unique_ptr<client::BatchSender> sender_;
};

class ExactlyOnce final : public Guarantee {
 public:
  ExactlyOnce(env::Shard& shard, GroupId group,
              std::unique_ptr<client::TransactionalProducer> producer)
      : shard_(shard), group_(std::move(group)), producer_(std::move(producer)) {}

  env::Task<Result<void>> write(TopicPartition to,
                                std::vector<client::NewRecord> records) override {
    return producer_->write(std::move(to), std::move(records));
  }
  env::Task<Result<void>> flush() override { return producer_->flush(); }
  env::Task<Result<void>> commit(Offsets offsets, LoadResult& into) override {
    const Instant began = shard_.now();
    CO_TRY_VOID(co_await producer_->add_offsets(group_, std::move(offsets)));
    const Instant added = shard_.now();
    CO_TRY_VOID(co_await producer_->commit());
    into.offsets.add(micros(added - began));
    into.end.add(micros(shard_.now() - added));
    into.commit.add(micros(shard_.now() - began));
    co_return Result<void>{};
  }
  env::Task<Result<void>> take_back(Error why) override {
    if (producer_->state() != client::TransactionalProducer::State::Lost) {
      co_return fail(std::move(why));
    }
    co_return co_await producer_->abort();
  }
  env::Task<void> close() override { return producer_->close(); }
  std::int64_t retries() const override { return producer_->retries(); }

 private:
  env::Shard& shard_;
  GroupId group_;
  std::unique_ptr<client::TransactionalProducer> producer_;
};

}  // namespace

void add(LoadResult& sum, const LoadResult& round) {
  sum.records += round.records;
  sum.bytes += round.bytes;
  sum.seconds += round.seconds;
  sum.commits += round.commits;
  sum.partitions += round.partitions;
  sum.aborted += round.aborted;
  sum.retried += round.retried;
  if (round.why_aborted) sum.why_aborted = round.why_aborted;
  sum.flush.add(round.flush);
  sum.offsets.add(round.offsets);
  sum.end.add(round.end);
  sum.commit.add(round.commit);
}

env::Task<Result<std::unique_ptr<client::BatchSender>>> plain_sender(
    client::Cluster& cluster, client::TopicInfo topic, client::SenderSettings settings) {
  CO_TRY(const client::ProducerIdentity who, co_await client::new_producer(cluster));
  CO_TRY(auto sender, co_await client::BatchSender::open(cluster, {std::move(topic)}, settings));
  sender->identify(who);
  co_return sender;
}

env::Task<Result<std::unique_ptr<Guarantee>>> at_least_once(client::Cluster& cluster,
                                                            LoadPlan plan) {
  CO_TRY(client::Connection* const coordinator, co_await cluster.coordinator(plan.group));
  CO_TRY(auto sender, co_await plain_sender(cluster, plan.to, {}));
  co_return std::make_unique<AtLeastOnce>(cluster.shard(), *coordinator, plan.group,
                                          std::move(sender));
}

env::Task<Result<std::unique_ptr<Guarantee>>> exactly_once(client::Cluster& cluster,
                                                           LoadPlan plan) {
  CO_TRY(auto producer,
         co_await client::TransactionalProducer::open(cluster, {plan.to}, {.id = plan.id}));
  co_return std::make_unique<ExactlyOnce>(cluster.shard(), plan.group, std::move(producer));
}

env::Task<Result<std::unique_ptr<ReadProcessWrite>>> ReadProcessWrite::open(
    client::Cluster& cluster, LoadPlan plan) {
  std::unique_ptr<ReadProcessWrite> load(new ReadProcessWrite(cluster.shard(), plan));
  CO_TRY(load->reader_, co_await client::RangeReader::open(cluster, plan.from));
  co_return load;
}

env::Task<void> ReadProcessWrite::close() { return reader_->close(); }

env::Task<Result<void>> ReadProcessWrite::process(Guarantee& guarantee,
                                                  client::ReadBatches batches) {
  const TopicPartition to{plan_.to.name, batches.partition.partition};
  wire::BatchIterator each(batches.bytes);
  for (;;) {
    CO_TRY(const std::optional<wire::FoundBatch> batch, each.next());
    if (!batch) co_return Result<void>{};
    if (batch->header.control) continue;
    std::vector<client::NewRecord> records;
    records.reserve(static_cast<std::size_t>(std::max(0, batch->header.record_count)));
    const auto read =
        wire::for_each_record(batch->bytes, scratch_, [&](const wire::RecordView& record) {
          if (record.offset < batches.from || record.offset >= batches.end) return;
          records.push_back({record.timestamp, record.key, record.value});
          bytes_ += static_cast<std::int64_t>(record.value ? record.value->size() : 0);
        });
    if (!read) co_return fail(read.error());
    if (records.empty()) continue;
    records_ += static_cast<std::int64_t>(records.size());
    CO_TRY_VOID(co_await guarantee.write(to, std::move(records)));
    written_.insert(to);
    done_[batches.partition] = std::min(batch->header.next_offset(), batches.end);
  }
}

env::Task<Result<void>> ReadProcessWrite::commit(Guarantee& guarantee, LoadResult& result) {
  const Instant began = shard_.now();
  CO_TRY_VOID(co_await guarantee.flush());
  result.flush.add(micros(shard_.now() - began));
  CO_TRY_VOID(co_await guarantee.commit(done_, result));
  ++result.commits;
  result.partitions += static_cast<std::int64_t>(written_.size());
  result.records += records_;
  result.bytes += bytes_;
  committed_ = done_;
  written_.clear();
  records_ = bytes_ = 0;
  co_return Result<void>{};
}

env::Task<Result<LoadResult>> ReadProcessWrite::run(Guarantee& guarantee, RoundPlan round,
                                                    std::function<bool()> stop) {
  LoadResult result;
  const Pace pace(round.rate);
  const Instant began = shard_.now();
  const std::int64_t retried_before = guarantee.retries();
  Instant commit_at = began + round.interval;
  std::int64_t taken = 0;
  for (bool over = false; !over;) {
    over = stop() || shard_.now() - began >= round.lasts;
    Result<void> went;
    if (over || shard_.now() >= commit_at) {
      commit_at = shard_.now() + round.interval;
      went = co_await commit(guarantee, result);
    } else if (const Duration early = pace.until(taken); early > Duration{0}) {
      co_await shard_.sleep(std::min({early, commit_at - shard_.now(), Duration{Millis{20}}}));
    } else {
      CO_TRY(client::ReadBatches batches, co_await reader_->next());
      const std::int64_t before = records_;
      went = co_await process(guarantee, std::move(batches));
      taken += records_ - before;
    }
    if (went) continue;
    CO_TRY_VOID(co_await guarantee.take_back(went.error()));
    ++result.aborted;
    result.why_aborted = went.error();
    reader_->seek(committed_);
    done_ = committed_;
    written_.clear();
    records_ = bytes_ = 0;
  }
  result.seconds = std::chrono::duration<double>(shard_.now() - began).count();
  result.retried = guarantee.retries() - retried_before;
  co_return result;
}

}  // namespace app
