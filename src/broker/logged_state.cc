#include "broker/logged_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "broker/later.h"
#include "observe/log.h"

namespace broker {
namespace {

// A batch this large is not made to wait for more.
constexpr std::size_t kLargeBatch = std::size_t{512} << 10;

// How soon a log that could not be read is read again; twice as late each time.
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLastRetry = std::chrono::minutes(1);

Error gone() { return {ErrorCode::NotCoordinator, "the coordinator moved or restarts"}; }

}  // namespace

LoggedState::LoggedState(env::Shard& shard, std::string_view what, PartitionIndex index,
                         std::shared_ptr<CoordinatorLog> log, Owner& owner)
    : shard_(shard),
      what_(what),
      index_(index),
      log_(std::move(log)),
      owner_(owner),
      next_retry_(kFirstRetry),
      running_(shard),
      appended_(shard) {}

LoggedState::~LoggedState() = default;

void LoggedState::start() { running_.spawn(load()); }

env::Task<void> LoggedState::load() {
  // What was given to the log before a failure may still reach it; read when it has or has not.
  while (!appending_.empty()) co_await appended_.wait();
  owner_.begin_load();
  const Result<void> read =
      co_await log_->replay([this](Bytes batch) { return owner_.load(batch); });
  if (state_ != State::Loading) co_return;
  if (!read) {
    load_later(read.error());
    co_return;
  }
  if (next_retry_ != kFirstRetry) {
    observe::info(fmt::format("{} are loaded in the end", what_), {{"partition", index_}});
  }
  next_retry_ = kFirstRetry;
  state_ = State::Active;
  owner_.loaded();
}

void LoggedState::load_later(const Error& why) {
  probe::reached<"a coordinator's state: not to be read, and read again later">();
  state_ = State::Broken;
  observe::error(fmt::format("{} could not be loaded", what_),
                 {{"partition", index_},
                  {"why", why},
                  {"do", "mend the disk; they are loaded again by themselves"}});
  retry_ = shard_.arm(shard_.now() + next_retry_, [this] {
    state_ = State::Loading;
    running_.spawn(load());
  });
  next_retry_ = std::min(2 * next_retry_, kLastRetry);
}

void LoggedState::close() {
  if (state_ == State::Closed) return;
  // What this turn has written is owed to nobody who was told, but may as well be kept.
  if (state_ == State::Active) flush();
  state_ = State::Closed;
  shard_.cancel(retry_);
  lose(gone());
}

env::Task<void> LoggedState::drain() { co_await running_.drain(); }

Result<void> LoggedState::ready() const {
  switch (state_) {
    case State::Active:
      return {};
    case State::Loading:
      return fail(ErrorCode::CoordinatorLoadInProgress, "the coordinator reads its log");
    case State::Broken:
      return fail(ErrorCode::CoordinatorNotAvailable, "the coordinator's log cannot be read");
    case State::Closed:
      break;
  }
  return fail(gone());
}

LoggedState::Sequence LoggedState::write(std::span<const wire::CoordinatorRecord> records) {
  const Sequence sequence = next_;
  for (const wire::CoordinatorRecord& record : records) {
    batch_.add(shard_.wall(), Bytes(record.key), record.value);
  }
  // Not in between: what was given together stays together.
  if (batch_.size() >= kLargeBatch) {
    flush();
  } else {
    flush_soon();
  }
  return sequence;
}

LoggedState::Sequence LoggedState::write_batch(LogEntry entry) {
  flush();
  return send(std::move(entry));
}

void LoggedState::flush_soon() {
  if (*flush_is_due_) return;
  *flush_is_due_ = true;
  shard_.post([this, due = std::weak_ptr(flush_is_due_)] {
    const auto still = due.lock();
    if (!still) return;
    *still = false;
    if (state_ == State::Active) flush();
  });
}

void LoggedState::flush() {
  if (!batch_.empty()) send(batch_.finish());
}

LoggedState::Sequence LoggedState::send(LogEntry entry) {
  const Sequence sequence = next_++;
  appending_.insert(sequence);
  running_.spawn(append(sequence, std::move(entry)));
  return sequence;
}

env::Task<void> LoggedState::append(Sequence sequence, LogEntry entry) {
  const Result<Offset> appended = co_await log_->append(std::move(entry));
  // A log that refuses at once does so within the call that asks to write, which must not find the
  // state gone when it goes on.
  if (!appended) co_await shard_.yield();
  appending_.erase(sequence);
  appended_.notify_all();
  if (appended) {
    // One that was written before all was loaded again is told by the log.
    if (state_ == State::Active) owner_.placed(sequence, *appended);
    release();
  } else if (state_ == State::Active) {
    probe::reached<"a coordinator's state: loaded anew after a failed write">();
    observe::error(fmt::format("{} could not be written and are loaded anew", what_),
                   {{"partition", index_}, {"why", appended.error()}});
    state_ = State::Loading;
    lose(gone());
    running_.spawn(load());
  }
}

env::Task<void> LoggedState::trim_log(Offset below) {
  const Result<void> trimmed = co_await log_->trim(below);
  if (trimmed) co_return;
  observe::warn(fmt::format("what is no longer needed of {} stays in the log", what_),
                {{"partition", index_}, {"why", trimmed.error()}});
}

void LoggedState::when_durable(Sequence sequence, Then then) {
  const bool is_durable =
      sequence < next_ && (appending_.empty() || sequence < *appending_.begin());
  if (is_durable) {
    then({});
  } else {
    held_.emplace(sequence, std::move(then));
  }
}

env::Task<Result<void>> LoggedState::until_durable(Sequence sequence) {
  Later<Result<void>> later(shard_);
  when_durable(sequence, [&later](Result<void> durable) { later.set(std::move(durable)); });
  Result<void> durable = co_await later.wait();
  co_return durable;
}

// Batches become durable in their order, but their tasks may end in another.
void LoggedState::release() {
  const Sequence limit = appending_.empty() ? next_ : *appending_.begin();
  while (!held_.empty() && held_.begin()->first < limit) {
    auto first = held_.extract(held_.begin());
    first.mapped()({});
  }
}

void LoggedState::lose(const Error& why) {
  batch_ = wire::BatchBuilder();
  auto held = std::exchange(held_, {});
  for (auto& [sequence, then] : held) then(fail(why));
  owner_.lost(why);
}

}  // namespace broker
