#include "sim/stream.h"

#include <algorithm>

#include "base/crc32c.h"

namespace sim {
namespace {

std::unexpected<Error> network_error(std::string detail) {
  return fail(ErrorCode::NetworkException, std::move(detail));
}

struct WaitIn {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    check(!waiter, "two reads, or two writes, on one connection at once");
    waiter = caller;
  }
  void await_resume() {}
  std::coroutine_handle<>& waiter;
};

class SimConnection final : public env::Connection {
 public:
  SimConnection(StreamPtr stream, std::size_t side, StreamWorks works)
      : stream_(std::move(stream)), side_(side), works_(works) {}
  ~SimConnection() override { close(); }

  env::Task<Result<std::size_t>> read(MutableBytes into) override {
    return read_from(stream_, 1 - side_, closed_, works_, into);
  }
  env::Task<Result<void>> write(std::vector<env::Chunk> chunks) override {
    return write_to(stream_, side_, closed_, works_, std::move(chunks));
  }
  void close() override {
    if (std::exchange(*closed_, true)) return;
    works_.close(stream_, side_);
  }
  const env::Address& local() const override { return stream_->sides[side_]; }
  const env::Address& peer() const override { return stream_->sides[1 - side_]; }

 private:
  using Closed = std::shared_ptr<bool>;  // Outlives this for the sake of waiting coroutines.

  static env::Task<Result<std::size_t>> read_from(StreamPtr stream, std::size_t pipe, Closed closed,
                                                  StreamWorks works, MutableBytes into);
  static env::Task<Result<void>> write_to(StreamPtr stream, std::size_t pipe, Closed closed,
                                          StreamWorks works, std::vector<env::Chunk> chunks);
  static env::Task<Result<void>> write_bytes(StreamPtr stream, std::size_t pipe, Closed closed,
                                             StreamWorks works, Bytes bytes);

  StreamPtr stream_;
  std::size_t side_;
  Closed closed_ = std::make_shared<bool>(false);
  StreamWorks works_;
};

env::Task<Result<std::size_t>> SimConnection::read_from(StreamPtr stream, std::size_t side,
                                                        Closed closed, StreamWorks works,
                                                        MutableBytes into) {
  Pipe& pipe = stream->pipes[side];
  if (works.settings().slow_reads > Duration{}) {
    const Duration rest = works.clockwork().random_between({}, works.settings().slow_reads);
    co_await works.clockwork().delay(rest);
  }
  while (!*closed && !stream->broken && !pipe.finished && pipe.arrived.empty()) {
    co_await WaitIn{pipe.reader};
  }
  if (*closed) co_return network_error("the connection was closed");
  if (stream->broken) co_return network_error("connection reset by peer");
  std::size_t size = std::min(into.size(), pipe.arrived.size());
  if (size > 1 && works.clockwork().chance(4)) size = 1 + works.clockwork().random_below(size);
  const auto end = pipe.arrived.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(pipe.arrived.begin(), end, into.begin());
  pipe.arrived.erase(pipe.arrived.begin(), end);
  works.wake(pipe.writer);
  co_return size;
}

env::Task<Result<void>> SimConnection::write_bytes(StreamPtr stream, std::size_t side,
                                                   Closed closed, StreamWorks works, Bytes bytes) {
  Pipe& pipe = stream->pipes[side];
  while (!bytes.empty()) {
    if (*closed) co_return network_error("the connection was closed");
    if (stream->broken || pipe.abandoned) co_return network_error("connection reset by peer");
    const std::size_t waiting = pipe.on_the_way + pipe.arrived.size();
    if (waiting >= works.settings().window) {
      co_await WaitIn{pipe.writer};
      continue;
    }
    std::size_t size = std::min(bytes.size(), works.settings().window - waiting);
    if (size > 1 && works.clockwork().chance(4)) size = 1 + works.clockwork().random_below(size);
    works.send(stream, side, bytes.first(size));
    bytes = bytes.subspan(size);
  }
  co_return Result<void>{};
}

env::Task<Result<void>> SimConnection::write_to(StreamPtr stream, std::size_t side, Closed closed,
                                                StreamWorks works, std::vector<env::Chunk> chunks) {
  for (const env::Chunk& chunk : chunks) {
    ByteVector from_file;
    Bytes bytes;
    if (const auto* range = std::get_if<env::FileRange>(&chunk)) {
      from_file.resize(range->size);
      CO_TRY(const std::size_t got, co_await range->file->read(range->offset, from_file));
      if (got < range->size) co_return network_error("a file ended before what was to be sent");
      bytes = from_file;
    } else if (const auto* vector = std::get_if<ByteVector>(&chunk)) {
      bytes = *vector;
    } else {
      bytes = std::get<Buffer>(chunk).bytes();
    }
    CO_TRY_VOID(co_await write_bytes(stream, side, closed, works, bytes));
  }
  co_return Result<void>{};
}

class SimAccepted final : public env::Accepted {
 public:
  SimAccepted(StreamPtr stream, StreamWorks works)
      : stream_(std::move(stream)), peer_(stream_->sides[0]), works_(works) {}
  ~SimAccepted() override {
    if (stream_) works_.close(stream_, 1);
  }
  const env::Address& peer() const override { return peer_; }
  StreamPtr take() { return std::move(stream_); }

 private:
  StreamPtr stream_;
  env::Address peer_;
  StreamWorks works_;
};

class SimListener final : public env::Listener {
 public:
  SimListener(std::shared_ptr<Backlog> backlog, env::Address at, StreamWorks works)
      : backlog_(std::move(backlog)), at_(std::move(at)), works_(works) {}
  ~SimListener() override { close(); }

  env::Task<Result<std::unique_ptr<env::Accepted>>> accept() override {
    return accept_from(backlog_, works_);
  }
  const env::Address& local() const override { return at_; }
  void close() override {
    if (std::exchange(backlog_->closed, true)) return;
    for (const StreamPtr& stream : backlog_->streams) works_.break_off(*stream);
    backlog_->streams.clear();
    works_.wake(backlog_->waiter);
  }

 private:
  static env::Task<Result<std::unique_ptr<env::Accepted>>> accept_from(
      std::shared_ptr<Backlog> backlog, StreamWorks works) {
    while (!backlog->closed && backlog->streams.empty()) co_await WaitIn{backlog->waiter};
    if (backlog->closed) co_return network_error("the listener was closed");
    StreamPtr stream = std::move(backlog->streams.front());
    backlog->streams.pop_front();
    co_return std::make_unique<SimAccepted>(std::move(stream), works);
  }

  std::shared_ptr<Backlog> backlog_;
  env::Address at_;
  StreamWorks works_;
};

}  // namespace

void StreamWorks::wake(std::coroutine_handle<>& waiter) const {
  if (!waiter) return;
  clockwork_->schedule(clockwork_->now(),
                       [caller = std::exchange(waiter, nullptr)] { caller.resume(); });
}

Instant StreamWorks::arrival(Pipe& pipe) const {
  const Duration delay = clockwork_->random_between(settings_->least_delay, settings_->most_delay);
  pipe.last_arrival = std::max(pipe.last_arrival, clockwork_->now() + delay);
  return pipe.last_arrival;
}

void StreamWorks::send(const StreamPtr& stream, std::size_t side, Bytes piece) const {
  Pipe& pipe = stream->pipes[side];
  pipe.on_the_way += piece.size();
  if (settings_->break_one_in != 0 && clockwork_->chance(settings_->break_one_in)) {
    break_off(*stream);
    return;
  }
  const StreamWorks works = *this;
  clockwork_->schedule(arrival(pipe), [works, stream, side, bytes = to_vector(piece)] {
    Pipe& to = stream->pipes[side];
    to.on_the_way -= bytes.size();
    works.clockwork_->note(crc32c(bytes));
    if (!to.abandoned) to.arrived.insert(to.arrived.end(), bytes.begin(), bytes.end());
    works.wake(to.reader);
  });
}

void StreamWorks::close(const StreamPtr& stream, std::size_t side) const {
  Pipe& out = stream->pipes[side];
  Pipe& in = stream->pipes[1 - side];
  wake(out.writer);
  wake(in.reader);
  const StreamWorks works = *this;
  // Told to the other side behind what was sent before.
  clockwork_->schedule(arrival(out), [works, stream, side] {
    stream->pipes[side].finished = true;
    stream->pipes[1 - side].abandoned = true;
    works.wake(stream->pipes[side].reader);
    works.wake(stream->pipes[1 - side].writer);
  });
}

void StreamWorks::break_off(Stream& stream) const {
  stream.broken = true;
  for (Pipe& pipe : stream.pipes) {
    wake(pipe.reader);
    wake(pipe.writer);
  }
}

env::ConnectionPtr make_connection(StreamPtr stream, std::size_t side, StreamWorks works) {
  return std::make_unique<SimConnection>(std::move(stream), side, works);
}

std::unique_ptr<env::Listener> make_listener(std::shared_ptr<Backlog> backlog, env::Address at,
                                             StreamWorks works) {
  return std::make_unique<SimListener>(std::move(backlog), std::move(at), works);
}

StreamPtr take_stream(env::Accepted& accepted) {
  auto* ours = dynamic_cast<SimAccepted*>(&accepted);
  check(ours, "a connection of another network");
  return ours->take();
}

}  // namespace sim
