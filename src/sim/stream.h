// One simulated connection: two pipes, each with a sending and a receiving end.
#pragma once
#include <array>
#include <coroutine>
#include <deque>
#include <memory>

#include "env/network.h"
#include "sim/network.h"

namespace sim {

// One direction. Sent bytes are on their way until their arrival event, then wait to be read.
struct Pipe {
  ByteVector arrived;
  std::size_t on_the_way = 0;
  Instant last_arrival{};  // Bytes do not overtake one another.
  bool finished = false;   // The sender's close has arrived.
  bool abandoned = false;  // The reader has closed: writing fails.
  std::coroutine_handle<> reader;
  std::coroutine_handle<> writer;
};

struct Stream {
  std::array<env::Address, 2> sides;  // The one that connected, and the one that accepted.
  std::array<Pipe, 2> pipes;          // From the first to the second side, and back.
  bool broken = false;
};
using StreamPtr = std::shared_ptr<Stream>;

struct Backlog {
  std::deque<StreamPtr> streams;
  bool closed = false;
  std::coroutine_handle<> waiter;
};

// What both ends do to a stream, with the world's time and chance.
class StreamWorks {
 public:
  StreamWorks(Clockwork& clockwork, const NetworkSettings& settings)
      : clockwork_(&clockwork), settings_(&settings) {}

  Clockwork& clockwork() const { return *clockwork_; }
  const NetworkSettings& settings() const { return *settings_; }

  void wake(std::coroutine_handle<>& waiter) const;
  void send(const StreamPtr& stream, std::size_t pipe, Bytes piece) const;
  void close(const StreamPtr& stream, std::size_t side) const;
  void break_off(Stream& stream) const;

 private:
  Instant arrival(Pipe& pipe) const;

  Clockwork* clockwork_;
  const NetworkSettings* settings_;
};

env::ConnectionPtr make_connection(StreamPtr stream, std::size_t side, StreamWorks works);
std::unique_ptr<env::Listener> make_listener(std::shared_ptr<Backlog> backlog, env::Address at,
                                             StreamWorks works);
StreamPtr take_stream(env::Accepted& accepted);

}  // namespace sim
