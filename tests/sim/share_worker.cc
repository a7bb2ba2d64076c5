// Members of a share group: they are given records, and accept, release or reject them, at once,
// too late or never; they crash, leave, lose their sessions and come back. Once all is calm they
// accept what they are given.
#include <algorithm>

#include "share_reading.h"
#include "wire/044_incremental_alter_configs.h"
#include "wire/076_share_group_heartbeat.h"
#include "wire/078_share_fetch.h"
#include "wire/079_share_acknowledge.h"
#include "worker.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int8_t kGroupConfigs = 32;
constexpr std::int32_t kJoins = 0;  // As the epoch of a member, or of a session
constexpr std::int32_t kLeaves = -1;
constexpr Duration kBeat = 300ms;
constexpr std::int32_t kMostRecords = 20;

template <class Batch>
std::vector<Batch> to_batches(const Verdicts& verdicts) {
  std::vector<Batch> batches;
  for (const auto& [offset, verdict] : verdicts) {
    const auto type = static_cast<std::int8_t>(verdict);
    if (!batches.empty() && batches.back().last_offset.value + 1 == offset.value) {
      batches.back().last_offset = offset;
      batches.back().acknowledge_types.push_back(type);
    } else {
      batches.push_back({offset, offset, {type}});
    }
  }
  return batches;
}

class ShareWorker {
 public:
  ShareWorker(Scene& scene, int number)
      : scene_(scene), name_("worker-" + std::to_string(number)) {}

  env::Task<void> run();

 private:
  using Acknowledge = wire::ShareAcknowledgeRequest;
  struct Late {
    int partition = 0;
    Verdicts verdicts = {};
    Instant due = {};
  };

  env::Task<Result<void>> begin_with_the_earliest();
  env::Task<Result<void>> beat(std::int32_t epoch);
  env::Task<Result<void>> take_part();
  env::Task<Result<void>> fetch();
  wire::ShareFetchRequest to_fetch(bool new_session) const;
  void decide(const FromPartition& from);
  env::Task<Result<void>> give_back(int partition, Verdicts verdicts);
  env::Task<Result<void>> send_verdicts();
  env::Task<Result<void>> say_again(Acknowledge request);
  env::Task<void> leave();
  env::Task<void> misbehave();
  void lose_session();
  void begin_anew();
  bool chance(std::uint64_t of) { return scene_.shard.random() % of == 0; }

  Scene& scene_;
  std::string name_;
  int lives_ = 0;
  Link group_{scene_};
  Link data_{scene_};
  MemberId member_;
  TopicId topic_;
  std::set<int> assigned_;
  std::int32_t epoch_ = kJoins;
  Instant next_beat_{};
  std::int32_t session_ = kJoins;  // The epoch of its next request.
  std::set<int> in_session_;
  std::map<int, Verdicts> with_fetch_;  // To go with the next fetch,
  std::map<int, Verdicts> now_;         // by itself,
  std::vector<Late> late_;              // or when it may be too late.
};

env::Task<Result<void>> ShareWorker::begin_with_the_earliest() {
  wire::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kGroupConfigs;
  resource.resource_name = kWorkers.value;
  resource.configs.push_back({"share.auto.offset.reset", 0, "earliest"});
  CO_TRY(const wire::IncrementalAlterConfigsResponse answer,
         co_await group_.ask(std::move(request), &wire::read_incremental_alter_configs_response));
  const ErrorCode error = answer.responses.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  co_return Result<void>{};
}

env::Task<Result<void>> ShareWorker::beat(std::int32_t epoch) {
  wire::ShareGroupHeartbeatRequest request{
      .group_id = kWorkers, .member_id = member_, .member_epoch = epoch};
  if (epoch == kJoins) request.subscribed_topic_names = std::vector<TopicName>{kTopic};
  CO_TRY(const wire::ShareGroupHeartbeatResponse answer,
         co_await group_.ask(std::move(request), &wire::read_share_group_heartbeat_response));
  next_beat_ = scene_.shard.now() + kBeat;
  if (answer.error_code == ErrorCode::UnknownMemberId ||
      answer.error_code == ErrorCode::FencedMemberEpoch) {
    epoch_ = kJoins;
  }
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  if (epoch == kLeaves) co_return Result<void>{};
  epoch_ = answer.member_epoch;
  if (!answer.assignment) co_return Result<void>{};
  assigned_.clear();
  for (const auto& topic : answer.assignment->topic_partitions) {
    topic_ = topic.topic_id;
    for (const PartitionIndex partition : topic.partitions) assigned_.insert(partition.value);
  }
  co_return Result<void>{};
}

// What it was given, and has not given back, is as good as another's.
void ShareWorker::lose_session() {
  session_ = kJoins;
  in_session_.clear();
  with_fetch_.clear();
  now_.clear();
  late_.clear();
}

void ShareWorker::begin_anew() {
  lose_session();
  epoch_ = kJoins;
  assigned_.clear();
  member_ = MemberId{name_ + "-" + std::to_string(++lives_)};
}

wire::ShareFetchRequest ShareWorker::to_fetch(bool new_session) const {
  wire::ShareFetchRequest request{.group_id = kWorkers, .member_id = member_};
  request.share_session_epoch = session_;
  request.max_wait_ms = 200;
  request.min_bytes = 1;
  request.max_records = kMostRecords;
  request.batch_size = kMostRecords;
  wire::ShareFetchRequest::FetchTopic wanted{.topic_id = topic_, .partitions = {}};
  for (const int partition : assigned_) {
    const auto said = with_fetch_.find(partition);
    const bool says = !new_session && said != with_fetch_.end();
    if (!says && in_session_.contains(partition)) continue;
    auto& one = wanted.partitions.emplace_back();
    one.partition_index = PartitionIndex{partition};
    if (says) {
      one.acknowledgement_batches =
          to_batches<wire::ShareFetchRequest::AcknowledgementBatch>(said->second);
    }
  }
  if (!wanted.partitions.empty()) request.topics.push_back(std::move(wanted));
  wire::ShareFetchRequest::ForgottenTopic forgotten{.topic_id = topic_, .partitions = {}};
  for (const int partition : in_session_) {
    if (!assigned_.contains(partition)) forgotten.partitions.emplace_back(partition);
  }
  if (!forgotten.partitions.empty()) request.forgotten_topics_data.push_back(std::move(forgotten));
  return request;
}

env::Task<Result<void>> ShareWorker::fetch() {
  ShareBook& book = scene_.book;
  const bool new_session = session_ == kJoins;
  wire::ShareFetchRequest request = to_fetch(new_session);
  std::map<int, SentVerdicts> sent;
  for (auto& [partition, verdicts] : std::exchange(with_fetch_, {})) {
    if (!new_session && assigned_.contains(partition)) {
      sent.emplace(partition, book.send(name_, partition, std::move(verdicts)));
    }
  }
  const std::uint64_t at = book.now();
  CO_TRY(const Fetched fetched, co_await data_.ask(std::move(request), &read_fetched));
  if (fetched.error != ErrorCode::None) {
    for (const auto& [partition, verdicts] : sent) book.refuse(verdicts);
    co_return fail(fetched.error);
  }
  ++session_;
  in_session_ = assigned_;
  for (const FromPartition& from : fetched.partitions) {
    const auto said = sent.find(from.partition);
    if (said != sent.end() && from.acknowledged == ErrorCode::None) book.take(said->second);
    if (said != sent.end() && from.acknowledged == ErrorCode::InvalidRecordState) {
      book.refuse(said->second);
    }
    for (const Handed& record : from.records) {
      book.give(name_, at, from.partition, record.offset, record.count);
      scene_.history.note_read(place(from.partition), record.offset, record.value);
    }
    if (!from.records.empty()) decide(from);
  }
  co_return Result<void>{};
}

void ShareWorker::decide(const FromPartition& from) {
  Verdicts verdicts;
  const bool mixed = !scene_.calm && chance(5);
  for (const Handed& record : from.records) {
    Verdict verdict = Verdict::Accept;
    if (mixed && chance(2)) verdict = chance(3) ? Verdict::Reject : Verdict::Release;
    verdicts.emplace_back(record.offset, verdict);
  }
  std::map<int, Verdicts>& when = chance(2) ? with_fetch_ : now_;
  if (!scene_.calm && chance(8)) return;  // It never says.
  if (!scene_.calm && chance(8)) {
    const Duration while_long = std::chrono::milliseconds(scene_.shard.random() % 4'000);
    late_.push_back({from.partition, std::move(verdicts), scene_.shard.now() + while_long});
  } else if (!when.contains(from.partition)) {
    when[from.partition] = std::move(verdicts);
  } else {
    late_.push_back({from.partition, std::move(verdicts), scene_.shard.now()});
  }
}

env::Task<Result<void>> ShareWorker::give_back(int partition, Verdicts verdicts) {
  Acknowledge request{.group_id = kWorkers, .member_id = member_, .share_session_epoch = session_};
  Acknowledge::AcknowledgeTopic topic{.topic_id = topic_, .partitions = {}};
  topic.partitions.push_back(
      {PartitionIndex{partition}, to_batches<Acknowledge::AcknowledgementBatch>(verdicts)});
  request.topics.push_back(std::move(topic));
  const SentVerdicts sent = scene_.book.send(name_, partition, std::move(verdicts));
  CO_TRY(const wire::ShareAcknowledgeResponse answer,
         co_await data_.ask(request, &wire::read_share_acknowledge_response));
  if (answer.error_code != ErrorCode::None) {
    scene_.book.refuse(sent);
    co_return fail(answer.error_code);
  }
  ++session_;
  const ErrorCode error = answer.responses.front().partitions.front().error_code;
  if (error == ErrorCode::None) {
    scene_.book.take(sent);
    ++scene_.history.done[Activity::Share];
  }
  if (error == ErrorCode::InvalidRecordState) scene_.book.refuse(sent);
  if (!scene_.calm && chance(20)) CO_TRY_VOID(co_await say_again(std::move(request)));
  co_return Result<void>{};
}

// What the network brings a second time is not taken a second time.
env::Task<Result<void>> ShareWorker::say_again(Acknowledge request) {
  CO_TRY(const wire::ShareAcknowledgeResponse answer,
         co_await data_.ask(std::move(request), &wire::read_share_acknowledge_response));
  if (answer.error_code == ErrorCode::None) {
    scene_.history.contradict("a request of " + name_ + "'s share session was taken twice");
  }
  if (answer.error_code == ErrorCode::InvalidShareSessionEpoch) co_return Result<void>{};
  co_return fail(answer.error_code);
}

env::Task<Result<void>> ShareWorker::send_verdicts() {
  for (auto& [partition, verdicts] : std::exchange(now_, {})) {
    CO_TRY_VOID(co_await give_back(partition, std::move(verdicts)));
  }
  for (;;) {
    const auto due = std::ranges::find_if(
        late_, [&](const Late& late) { return scene_.calm || late.due <= scene_.shard.now(); });
    if (due == late_.end()) co_return Result<void>{};
    Late late = std::move(*due);
    late_.erase(due);
    CO_TRY_VOID(co_await give_back(late.partition, std::move(late.verdicts)));
  }
}

env::Task<void> ShareWorker::leave() {
  const Result<void> left = co_await beat(kLeaves);
  // Whoever goes does not care for the answer.
  if (!left) group_.hang_up();
  begin_anew();
}

// Now and then something befalls it, until all is to be well.
env::Task<void> ShareWorker::misbehave() {
  if (scene_.calm || !chance(40)) co_return;
  const Duration while_long = std::chrono::milliseconds(scene_.shard.random() % 4'000);
  switch (scene_.shard.random() % 4) {
    case 0:  // It crashes.
      begin_anew();
      group_.hang_up();
      data_.hang_up();
      break;
    case 1:  // It stands still, and goes on as if nothing were.
      break;
    case 2:  // Its session is gone, and its connection is not.
      lose_session();
      break;
    default:
      co_await leave();
  }
  co_await scene_.shard.sleep(while_long);
}

env::Task<Result<void>> ShareWorker::take_part() {
  if (epoch_ == kJoins) CO_TRY_VOID(co_await find_group(group_, kWorkers));
  if (epoch_ == kJoins || scene_.shard.now() >= next_beat_) CO_TRY_VOID(co_await beat(epoch_));
  if (assigned_.empty()) {
    co_await scene_.shard.sleep(kBeat / 3);
    co_return Result<void>{};
  }
  Result<void> went = co_await fetch();
  if (went) went = co_await send_verdicts();
  if (!went) {
    data_.hang_up();
    lose_session();
  }
  co_return went;
}

env::Task<void> ShareWorker::run() {
  begin_anew();
  for (bool ready = false; !ready && !scene_.stopping;) {
    ready = (co_await begin_with_the_earliest()).has_value();
    if (!ready) co_await scene_.shard.sleep(100ms);
  }
  while (!scene_.stopping) {
    const Result<void> went = co_await take_part();
    if (!went) {
      if (went.error().code == ErrorCode::CorruptMessage) {
        scene_.history.contradict(name_ + " was given what cannot be read");
      }
      co_await scene_.shard.sleep(50ms);
    }
    co_await misbehave();
  }
}

}  // namespace

env::Task<void> share_records(Scene& scene, int number) {
  ShareWorker worker(scene, number);
  co_await worker.run();
}

}  // namespace simulation
