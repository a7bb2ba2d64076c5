// Producers with transactions, as those that read, process and write: each goes on where its
// group's offset says, writes what it makes of the next positions to several partitions, and
// commits that together with the offset, all or nothing. They crash and leave transactions open,
// begin anew, take each other's transactional id, and what they sent before comes late.
#include "scene.h"
#include "transaction_client.h"
#include "wire/record_batch_builder.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Millis kTimeout{2'500};
constexpr std::int64_t kNonsense = 1'000'000;  // A position that nobody comes to.

class Transactor {
 public:
  Transactor(Scene& scene, int number)
      : scene_(scene),
        name_("transactor-" + std::to_string(number)),
        id_("id-" + std::to_string(number / 2)),
        group_("group-" + std::to_string(number / 2)),
        client_(scene, TransactionalId{id_}, speaks_old_protocol(number)),
        late_client_(scene, TransactionalId{id_}, speaks_old_protocol(number)) {}

  env::Task<void> run();

 private:
  using End = Transfers::End;
  using Identity = TransactionClient::Identity;
  enum class Written { All, InPart, NotAllOfItYet };
  // What is still under way, or so its sender believes, when its transaction is over.
  struct Late {
    Identity who;
    int partition;
    ByteVector batch;
  };

  static bool speaks_old_protocol(int number) { return number / 2 % 2 == 1; }
  std::uint64_t below(std::uint64_t bound) { return scene_.shard.random() % bound; }
  bool one_in(std::uint64_t bound) { return !scene_.calm && below(bound) == 0; }
  int any_partition() {
    return static_cast<int>(below(static_cast<std::uint64_t>(scene_.load.partitions)));
  }
  bool in_time() const { return !scene_.stopping || scene_.shard.now() < scene_.give_up_at; }
  // Asks until there is an answer that is for good; none when time is up.
  template <class Ask>
  env::Task<ErrorCode> insist(Ask ask);

  env::Task<Result<void>> begin_anew();
  env::Task<void> transact();
  env::Task<Written> write_some();
  ByteVector next_batch(int partition, int records);
  env::Task<bool> write(int partition, int records);
  env::Task<bool> say_position();
  env::Task<void> end(bool commits);
  env::Task<Result<void>> ask_to_end(bool commits);
  void leave_late(int partition);
  bool was_shut_out(const Late& late) const;
  env::Task<void> come_late();

  Scene& scene_;
  std::string name_;
  std::string id_;
  std::string group_;
  TransactionClient client_;
  TransactionClient late_client_;
  std::optional<Identity> who_;
  std::map<int, std::int32_t> sequences_;
  std::optional<Late> late_;
  std::int64_t committed_ = 0;  // Up to here the group has read.
  std::int64_t position_ = 0;   // And to here with the transaction that is open.
  int number_ = 0;              // Of the transaction.
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

// Who begins shuts out the others, and then finds how far they came.
env::Task<Result<void>> Transactor::begin_anew() {
  CO_TRY(const Identity who, co_await client_.begin_anew(kTimeout));
  CO_TRY(committed_, co_await client_.position(group_));
  position_ = committed_;
  sequences_.clear();
  who_ = who;
  co_return Result<void>{};
}

ByteVector Transactor::next_batch(int partition, int records) {
  wire::BatchBuilder builder({.producer_id = who_->producer,
                              .producer_epoch = who_->epoch,
                              .base_sequence = sequences_[partition],
                              .transactional = true});
  for (int i = 0; i < records; ++i) {
    const std::string value =
        name_ + "/" + std::to_string(number_) + "/" + std::to_string(values_++);
    scene_.transfers.attempt({.producer = name_,
                              .transaction = number_,
                              .group = group_,
                              .position = position_++,
                              .partition = {kTransfers, PartitionIndex{partition}},
                              .value = value});
    builder.add(scene_.shard.wall(), std::nullopt, as_bytes(value));
  }
  return builder.finish();
}

env::Task<bool> Transactor::write(int partition, int records) {
  const ByteVector batch = next_batch(partition, records);
  ErrorCode error = co_await insist(
      [&]() -> env::Task<Result<void>> { return client_.name_partition(*who_, partition); });
  if (error != ErrorCode::None) co_return false;
  error =
      co_await insist([&]() -> env::Task<Result<void>> { return client_.write(partition, batch); });
  sequences_[partition] += records;
  co_return error == ErrorCode::None;
}

env::Task<bool> Transactor::say_position() {
  ErrorCode error = co_await insist(
      [&]() -> env::Task<Result<void>> { return client_.name_group(*who_, group_); });
  if (error != ErrorCode::None) co_return false;
  error = co_await insist(
      [&]() -> env::Task<Result<void>> { return client_.say_position(*who_, group_, position_); });
  co_return error == ErrorCode::None;
}

env::Task<Result<void>> Transactor::ask_to_end(bool commits) {
  CO_TRY(const Identity next, co_await client_.end(*who_, commits));
  if (next.epoch != who_->epoch) sequences_.clear();
  who_ = next;
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
    if (commits) committed_ = position_;
    position_ = committed_;
  } else {
    scene_.transfers.end(name_, number_, in_doubt ? End::InDoubt : End::Aborted);
    who_.reset();
  }
}

void Transactor::leave_late(int partition) {
  late_ = Late{*who_, partition, next_batch(partition, 1)};
}

bool Transactor::was_shut_out(const Late& late) const {
  return who_ && (who_->producer != late.who.producer || who_->epoch != late.who.epoch);
}

// Nothing of it may be seen. Whose epoch is still good is in the old protocol, between two
// transactions: that was the gap of that protocol, which KIP-890 closes by asking the coordinator
// whether the partition takes part.
env::Task<void> Transactor::come_late() {
  const Late late = *std::exchange(late_, std::nullopt);
  switch (below(was_shut_out(late) ? 4 : 2)) {
    case 0:
      (void)co_await late_client_.write(late.partition, late.batch);
      break;
    case 1:
      (void)co_await late_client_.say_position(late.who, group_, kNonsense);
      break;
    case 2:
      (void)co_await late_client_.end(late.who, true);
      break;
    default:
      (void)co_await late_client_.mark(late.who, late.partition, below(2) == 0);
  }
}

env::Task<Transactor::Written> Transactor::write_some() {
  const auto batches = 1 + below(3);
  for (std::uint64_t i = 0; i < batches; ++i) {
    if (late_ && was_shut_out(*late_) && below(3) == 0) co_await come_late();
    const int partition = any_partition();
    const bool written = co_await write(partition, 1 + static_cast<int>(below(3)));
    if (!written) co_return Written::InPart;
    if (one_in(8)) co_await scene_.shard.sleep(Millis(below(800)));
  }
  if (one_in(10)) co_return Written::NotAllOfItYet;
  const bool said = co_await say_position();
  co_return said ? Written::All : Written::InPart;
}

env::Task<void> Transactor::transact() {
  const Written written = co_await write_some();
  if (written == Written::NotAllOfItYet) {
    leave_late(any_partition());
    co_await end(false);
    if (who_ && !was_shut_out(*late_)) co_await come_late();
  } else if (written == Written::InPart || one_in(12)) {
    leave_late(any_partition());
    scene_.transfers.end(name_, number_, End::Aborted);
    who_.reset();
    client_.hang_up();
    if (!scene_.calm) co_await scene_.shard.sleep(Millis(below(3'000)));
  } else {
    co_await end(below(4) != 0);
  }
  ++number_;
}

env::Task<void> Transactor::run() {
  for (bool is_prepared = false; !scene_.stopping && !is_prepared;) {
    is_prepared = (co_await client_.prepare(group_)).has_value();
    if (!is_prepared) co_await scene_.shard.sleep(100ms);
  }
  while (!scene_.stopping) {
    if (!who_) {
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
