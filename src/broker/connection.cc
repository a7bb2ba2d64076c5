#include "broker/connection.h"

#include <algorithm>
#include <cstring>

#include "broker/apis.h"
#include "broker/engine.h"

namespace broker {
namespace {

constexpr std::size_t kInputBytes = 16 * 1024;

// Cuts an encoded answer at its splices and puts the runs of files between.
std::vector<env::Chunk> to_chunks(Call& call, wire::Output out) {
  std::vector<env::Chunk> chunks;
  if (out.splices.empty()) {
    chunks.emplace_back(std::move(out.bytes));
    return chunks;
  }
  std::size_t from = 0;
  for (const wire::Splice& splice : out.splices) {
    const auto begin = out.bytes.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = out.bytes.begin() + static_cast<std::ptrdiff_t>(splice.position);
    if (begin != end) chunks.emplace_back(ByteVector(begin, end));
    for (env::FileRange& range : call.attached(splice.token)) chunks.emplace_back(std::move(range));
    from = splice.position;
  }
  if (from < out.bytes.size()) {
    chunks.emplace_back(
        ByteVector(out.bytes.begin() + static_cast<std::ptrdiff_t>(from), out.bytes.end()));
  }
  return chunks;
}

// The length in front of a frame, now that it is known.
void set_length(wire::Output& out) {
  std::size_t size = out.bytes.size() - 4;
  for (const wire::Splice& splice : out.splices) size += splice.size;
  store_big(out.bytes.data(), static_cast<std::int32_t>(size));
}

}  // namespace

ClientConnection::ClientConnection(Engine& engine, env::ConnectionPtr socket, std::uint64_t id)
    : engine_(engine),
      socket_(std::move(socket)),
      client_{.connection = id, .peer = socket_->peer(), .local = socket_->local(), .software = {}},
      heard_(engine.shard().now()),
      answered_(engine.shard()),
      sent_(engine.shard()),
      running_(engine.shard()) {}

env::Task<void> ClientConnection::serve() {
  running_.spawn(write_loop());
  co_await read_loop();
  reading_ = false;
  answered_.notify_all();
  engine_.wake_watches(client_.connection);
  co_await running_.drain();
  socket_->close();
}

void ClientConnection::drain() {
  draining_ = true;
  if (slots_.empty() && !writing_) socket_->close();
}

void ClientConnection::abort(std::string why) {
  engine_.note_hang_up(client_, why);
  socket_->close();
}

env::Task<void> ClientConnection::read_loop() {
  while (!draining_) {
    Result<Frame> frame = co_await next_frame();
    if (!frame) {
      if (!frame.error().detail.empty()) engine_.note_hang_up(client_, frame.error().detail);
      break;
    }
    co_await engine_.budget().wait_to_unpack();
    if (draining_ || !start(std::move(*frame))) break;
    const auto most = static_cast<std::size_t>(engine_.options().max_requests_per_connection);
    while (slots_.size() >= most) co_await sent_.wait();
  }
}

// Makes input_ hold `at_least` bytes that were not taken. An error without a detail means that the
// client went in good order.
env::Task<Result<void>> ClientConnection::fill(std::size_t at_least) {
  if (input_.size() - taken_ >= at_least) co_return Result<void>{};
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  while (input_.size() < at_least) {
    const std::size_t had = input_.size();
    input_.resize(had + kInputBytes);
    Result<std::size_t> got = co_await socket_->read(MutableBytes(input_).subspan(had));
    input_.resize(had + got.value_or(0));
    if (!got) co_return fail(ErrorCode::NetworkException);
    if (*got == 0) co_return fail(ErrorCode::NetworkException);
    heard_ = engine_.shard().now();
  }
  co_return Result<void>{};
}

env::Task<Result<ClientConnection::Frame>> ClientConnection::next_frame() {
  CO_TRY_VOID(co_await fill(4));
  const auto length = load_big<std::int32_t>(input_.data() + taken_);
  const std::int64_t most = engine_.limits().request_bytes;
  if (length < kLeastFrame || length > most) {
    co_return fail(ErrorCode::InvalidRequest,
                   "a frame claims " + std::to_string(length) + " bytes; 8 to " +
                       std::to_string(most) +
                       " are allowed (socket.request.max.bytes). Is it a Kafka client?");
  }
  taken_ += 4;
  const auto size = static_cast<std::size_t>(length);
  Frame frame;
  frame.lease = co_await engine_.budget().lease(size);
  heard_ = frame_began_ = engine_.shard().now();
  mid_frame_ = true;
  frame.bytes = Buffer(size);

  const std::size_t held = std::min(size, input_.size() - taken_);
  if (held > 0) std::memcpy(frame.bytes.bytes().data(), input_.data() + taken_, held);
  taken_ += held;
  for (std::size_t have = held; have < size;) {
    Result<std::size_t> got = co_await socket_->read(frame.bytes.bytes().subspan(have));
    if (!got || *got == 0) {
      co_return fail(ErrorCode::NetworkException, "the client went in the middle of a request");
    }
    have += *got;
    heard_ = engine_.shard().now();
  }
  mid_frame_ = false;
  if (taken_ == input_.size()) {
    // An idle connection holds no buffer: there may be very many of them.
    ByteVector().swap(input_);
    taken_ = 0;
  }
  co_return frame;
}

// Begins to serve a request. False when the connection cannot go on.
bool ClientConnection::start(Frame frame) {
  Result<RequestHead> head = read_request_head(frame.bytes.bytes());
  if (!head) {
    engine_.note_hang_up(client_, head.error().detail);
    return false;
  }
  auto slot = std::make_shared<Slot>();
  slots_.push_back(slot);
  running_.spawn(run(std::move(slot), std::move(frame), std::move(*head)));
  return true;
}

env::Task<void> ClientConnection::run(std::shared_ptr<Slot> slot, Frame frame, RequestHead head) {
  Call call(engine_, client_, head, std::move(frame.bytes), std::move(frame.lease));
  Result<wire::Output> out = co_await serve_request(call, head);
  if (!out) {
    abort(out.error().detail);
  } else if (call.answer_wanted()) {
    set_length(*out);
    slot->chunks = to_chunks(call, std::move(*out));
  }
  if (!call.hang_up().empty()) abort(call.hang_up());
  slot->ready = true;
  if (!slots_.empty() && slots_.front() == slot) answered_.notify_all();
}

env::Task<void> ClientConnection::write_loop() {
  while (true) {
    std::vector<env::Chunk> chunks;
    while (!slots_.empty() && slots_.front()->ready) {
      std::ranges::move(slots_.front()->chunks, std::back_inserter(chunks));
      slots_.pop_front();
    }
    sent_.notify_all();
    if (!chunks.empty()) {
      writing_ = true;
      const Result<void> written = co_await socket_->write(std::move(chunks));
      writing_ = false;
      heard_ = engine_.shard().now();
      // The reader and later writes learn of a broken connection from the closed socket.
      if (!written) socket_->close();
      continue;
    }
    if (slots_.empty()) {
      if (draining_) socket_->close();
      if (!reading_) co_return;
    }
    co_await answered_.wait();
  }
}

}  // namespace broker
