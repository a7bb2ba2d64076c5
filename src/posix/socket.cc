#include "posix/socket.h"

#include <sys/epoll.h>

namespace posix {

Socket::Socket(Shard& shard, Fd fd)
    : shard_(shard), fd_(std::move(fd)), watch_(shard.watch(fd_.get(), *this)) {}
Socket::~Socket() { close(); }

void Socket::close() {
  if (!fd_) return;
  shard_.unwatch(watch_, fd_.get());
  fd_.reset();
  may_read_ = may_write_ = true;  // Nobody need wait any more.
  // From the reactor: closing must not run their code in the middle of ours.
  for (std::coroutine_handle<>* waiter : {&reader_, &writer_}) {
    if (!*waiter) continue;
    shard_.post([caller = std::exchange(*waiter, nullptr)] { caller.resume(); });
  }
}

void Socket::ready(std::uint32_t events) {
  const SocketPtr self = shared_from_this();  // Those we resume may drop the last other owner.
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    may_read_ = true;
    if (reader_) std::exchange(reader_, nullptr).resume();
  }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    may_write_ = true;
    if (writer_) std::exchange(writer_, nullptr).resume();
  }
}

}  // namespace posix
