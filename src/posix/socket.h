// A non-blocking socket of one shard, and who waits for it. Kept alive by its connection or
// listener and by every coroutine that uses it, so that closing and destroying a connection is safe
// while reads and writes wait: they are resumed, find the socket closed, and end with an error.
#pragma once
#include <coroutine>
#include <memory>

#include "posix/shard.h"

namespace posix {

class Socket final : public Pollable, public std::enable_shared_from_this<Socket> {
 public:
  Socket(Shard& shard, Fd fd);
  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Shard& shard() { return shard_; }
  int fd() const { return fd_.get(); }
  bool closed() const { return !fd_; }
  void close();

  // Whether trying is worth a system call. Set by what epoll says, and taken back by the caller
  // who finds nothing there; a peer's hang-up keeps it set.
  bool may_read() const { return may_read_; }
  bool may_write() const { return may_write_; }
  void nothing_to_read() { may_read_ = hung_up_; }
  void no_room_to_write() { may_write_ = false; }

  auto readable() { return Wait{may_read_, reader_}; }
  auto writable() { return Wait{may_write_, writer_}; }

  void ready(std::uint32_t epoll_events) override;

 private:
  struct Wait {
    bool await_ready() const { return ready; }
    void await_suspend(std::coroutine_handle<> caller) {
      check(!waiter, "two coroutines wait for the same side of a socket");
      waiter = caller;
    }
    void await_resume() {}
    const bool& ready;
    std::coroutine_handle<>& waiter;
  };

  Shard& shard_;
  Fd fd_;
  Shard::WatchId watch_;
  bool may_read_ = true;
  bool may_write_ = true;
  bool hung_up_ = false;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
};
using SocketPtr = std::shared_ptr<Socket>;

}  // namespace posix
