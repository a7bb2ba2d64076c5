// Producers with transactions: each writes to several partitions and commits an offset of its
// group's, all or nothing. They crash and leave transactions open, begin anew, and take each
// other's transactional id.
#include "scene.h"
#include "wire/000_produce.h"
#include "wire/003_metadata.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/026_end_txn.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/record_batch_builder.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr wire::Version kProduceByName = 12;
constexpr Millis kTimeout{2'500};
constexpr std::int8_t kGroupKey = 0;
constexpr std::int8_t kTransactionKey = 1;

class Transactor {
 public:
  Transactor(Scene& scene, int number)
      : scene_(scene),
        name_("transactor-" + std::to_string(number)),
        id_("id-" + std::to_string(number / 2)) {}

  env::Task<void> run();

 private:
  using End = Transfers::End;

  std::uint64_t below(std::uint64_t bound) { return scene_.shard.random() % bound; }
  bool in_time() const { return !scene_.stopping || scene_.shard.now() < scene_.give_up_at; }
  // Asks until there is an answer that is for good; none when time is up.
  template <class Ask>
  env::Task<ErrorCode> insist(Ask ask);

  env::Task<Result<void>> prepare();
  env::Task<Result<void>> begin_anew();
  env::Task<void> transact();
  env::Task<bool> write_some();
  env::Task<bool> write(int partition, int records);
  env::Task<bool> say_offset();
  env::Task<void> end(bool commits);
  env::Task<Result<void>> send(int partition, Bytes batch);
  env::Task<Result<void>> ask_to_end(bool commits);

  Scene& scene_;
  Link link_{scene_};
  std::string name_;
  TransactionalId id_;
  std::optional<ProducerId> producer_;
  ProducerEpoch epoch_{};
  std::map<int, std::int32_t> sequences_;
  int number_ = 0;  // Of the transaction.
  int values_ = 0;
};

template <class Ask>
env::Task<ErrorCode> Transactor::insist(Ask ask) {
  for (;;) {
    const Result<void> done = co_await ask();
    if (done) co_return ErrorCode::None;
    if (!is_retriable(done.error().code)) co_return done.error().code;
    if (!in_time()) co_return ErrorCode::RequestTimedOut;
    co_await scene_.shard.sleep(50ms);
  }
}

// Asking for topics and coordinators makes what they are kept in.
env::Task<Result<void>> Transactor::prepare() {
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({.topic_id = {}, .name = kTransfers});
  CO_TRY(const wire::MetadataResponse known,
         co_await link_.ask(std::move(request), &wire::read_metadata_response));
  if (known.topics.front().error_code != ErrorCode::None) {
    co_return fail(known.topics.front().error_code);
  }
  for (const auto& [type, key] :
       {std::pair(kGroupKey, name_), std::pair(kTransactionKey, id_.value)}) {
    wire::FindCoordinatorRequest find{.key_type = type, .coordinator_keys = {key}};
    CO_TRY(const wire::FindCoordinatorResponse answer,
           co_await link_.ask(std::move(find), &wire::read_find_coordinator_response));
    const ErrorCode error = answer.coordinators.front().error_code;
    if (error != ErrorCode::None) co_return fail(error);
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Transactor::begin_anew() {
  producer_.reset();
  wire::InitProducerIdRequest request{
      .transactional_id = id_,
      .transaction_timeout_ms = static_cast<std::int32_t>(kTimeout.count())};
  CO_TRY(const wire::InitProducerIdResponse given,
         co_await link_.ask(std::move(request), &wire::read_init_producer_id_response));
  if (given.error_code != ErrorCode::None) co_return fail(given.error_code);
  producer_ = given.producer_id;
  epoch_ = given.producer_epoch;
  sequences_.clear();
  co_return Result<void>{};
}

env::Task<Result<void>> Transactor::send(int partition, Bytes batch) {
  wire::ProduceRequest request{.transactional_id = id_, .acks = -1, .timeout_ms = 5000};
  request.topic_data.push_back(
      {.name = kTransfers,
       .partition_data = {{PartitionIndex{partition}, wire::Records{.bytes = batch}}}});
  CO_TRY(const wire::ProduceResponse answer,
         co_await link_.ask(std::move(request), &wire::read_produce_response, kProduceByName));
  const ErrorCode error = answer.responses.front().partition_responses.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  co_return Result<void>{};
}

env::Task<bool> Transactor::write(int partition, int records) {
  wire::BatchBuilder builder({.producer_id = *producer_,
                              .producer_epoch = epoch_,
                              .base_sequence = sequences_[partition],
                              .transactional = true});
  for (int i = 0; i < records; ++i) {
    const std::string value =
        name_ + "/" + std::to_string(number_) + "/" + std::to_string(values_++);
    scene_.transfers.attempt(name_, number_, {kTransfers, PartitionIndex{partition}}, value);
    builder.add(scene_.shard.wall(), std::nullopt, as_bytes(value));
  }
  const ByteVector batch = builder.finish();
  const ErrorCode error =
      co_await insist([&]() -> env::Task<Result<void>> { return send(partition, batch); });
  sequences_[partition] += records;
  co_return error == ErrorCode::None;
}

env::Task<bool> Transactor::say_offset() {
  const ErrorCode error = co_await insist([this]() -> env::Task<Result<void>> {
    wire::TxnOffsetCommitRequest request{.transactional_id = id_,
                                         .group_id = GroupId{name_},
                                         .producer_id = *producer_,
                                         .producer_epoch = epoch_};
    request.topics.push_back(
        {kTransfers, {{PartitionIndex{0}, Offset{number_ + 1}, LeaderEpoch{-1}, {}}}});
    CO_TRY(const wire::TxnOffsetCommitResponse answer,
           co_await link_.ask(std::move(request), &wire::read_txn_offset_commit_response));
    const ErrorCode code = answer.topics.front().partitions.front().error_code;
    if (code != ErrorCode::None) co_return fail(code);
    co_return Result<void>{};
  });
  co_return error == ErrorCode::None;
}

env::Task<Result<void>> Transactor::ask_to_end(bool commits) {
  wire::EndTxnRequest request{.transactional_id = id_,
                              .producer_id = *producer_,
                              .producer_epoch = epoch_,
                              .committed = commits};
  CO_TRY(const wire::EndTxnResponse answer,
         co_await link_.ask(std::move(request), &wire::read_end_txn_response));
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  producer_ = answer.producer_id;
  epoch_ = answer.producer_epoch;
  sequences_.clear();
  co_return Result<void>{};
}

// What was asked for and not answered may have been done, whatever is said to the same later.
env::Task<void> Transactor::end(bool commits) {
  bool in_doubt = false;
  const ErrorCode error = co_await insist([&]() -> env::Task<Result<void>> {
    Result<void> ended = co_await ask_to_end(commits);
    if (!ended && ended.error().code != ErrorCode::ConcurrentTransactions) in_doubt = commits;
    co_return ended;
  });
  if (error == ErrorCode::None) {
    scene_.transfers.end(name_, number_, commits ? End::Committed : End::Aborted);
    ++scene_.history.done[Activity::Transact];
  } else {
    scene_.transfers.end(name_, number_, in_doubt ? End::InDoubt : End::Aborted);
    producer_.reset();
  }
}

env::Task<bool> Transactor::write_some() {
  const auto batches = 1 + below(3);
  for (std::uint64_t i = 0; i < batches; ++i) {
    const int partition =
        static_cast<int>(below(static_cast<std::uint64_t>(scene_.load.partitions)));
    const bool written = co_await write(partition, 1 + static_cast<int>(below(3)));
    if (!written) co_return false;
    if (!scene_.calm && below(8) == 0) co_await scene_.shard.sleep(Millis(below(800)));
  }
  const bool said = co_await say_offset();
  co_return said;
}

env::Task<void> Transactor::transact() {
  const bool written = co_await write_some();
  const bool crashes = !scene_.calm && below(12) == 0;
  if (!written || crashes) {
    scene_.transfers.end(name_, number_, End::Aborted);
    producer_.reset();
    link_.hang_up();
    if (!scene_.calm) co_await scene_.shard.sleep(Millis(below(3'000)));
  } else {
    co_await end(below(4) != 0);
  }
  ++number_;
}

env::Task<void> Transactor::run() {
  for (bool is_prepared = false; !scene_.stopping && !is_prepared;) {
    is_prepared = (co_await prepare()).has_value();
    if (!is_prepared) co_await scene_.shard.sleep(100ms);
  }
  while (!scene_.stopping) {
    if (!producer_) {
      // Another has the id, for a while.
      co_await scene_.shard.sleep(Millis(below(scene_.load.transactors > 1 ? 1'000 : 100)));
      co_await insist([this] { return begin_anew(); });
      continue;
    }
    co_await transact();
    co_await scene_.shard.sleep(Millis(below(60)));
  }
}

}  // namespace

env::Task<void> transact(Scene& scene, int number) {
  Transactor transactor(scene, number);
  co_await transactor.run();
}

}  // namespace simulation
