#include "posix/network.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

#include "posix/address.h"
#include "posix/connection.h"
#include "posix/errors.h"
#include "posix/pool.h"

namespace posix {
namespace {

constexpr int kBacklog = 1024;
constexpr Duration kPauseWithoutDescriptors = std::chrono::milliseconds(100);
constexpr Duration kConnectTime = std::chrono::seconds(10);

void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class Accepted final : public env::Accepted {
 public:
  Accepted(Fd f, env::Address from) : fd(std::move(f)), from_(std::move(from)) {}
  const env::Address& peer() const override { return from_; }
  Fd fd;

 private:
  env::Address from_;
};

// The system is short of something, or the peer has gone already: not the listener's end.
bool is_passing(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
         error == EHOSTUNREACH || error == ENETUNREACH || error == ENOPROTOOPT ||
         error == EHOSTDOWN || error == ENONET || error == EOPNOTSUPP || error == EPERM;
}
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

env::Task<Result<std::unique_ptr<env::Accepted>>> accept_one(SocketPtr socket) {
  while (true) {
    if (socket->closed()) co_return network_error("the listener was closed");
    if (!socket->may_read()) {
      co_await socket->readable();
      continue;
    }
    SocketAddress from;
    from.size = sizeof from.storage;
    Fd fd(accept4(socket->fd(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      send_at_once(fd.get());
      co_return std::make_unique<Accepted>(std::move(fd), to_env(from));
    }
    if (errno == EAGAIN) {
      socket->nothing_to_read();
    } else if (is_shortage(errno)) {
      // The connection stays in the queue; trying again at once would only burn the processor.
      co_await socket->shard().sleep(kPauseWithoutDescriptors);
    } else if (!is_passing(errno)) {
      co_return network_error("cannot accept connections: " + cause(errno));
    }
  }
}

class Listener final : public env::Listener {
 public:
  Listener(SocketPtr socket, env::Address local)
      : socket_(std::move(socket)), local_(std::move(local)) {}
  ~Listener() override { close(); }

  env::Task<Result<std::unique_ptr<env::Accepted>>> accept() override {
    return accept_one(socket_);
  }
  const env::Address& local() const override { return local_; }
  void close() override { socket_->close(); }

 private:
  SocketPtr socket_;
  env::Address local_;
};

std::unexpected<Error> listen_error(const env::Address& at, int error) {
  const std::string address = to_text(at);
  switch (error) {
    case EADDRINUSE:
      return network_error(address + " is in use by another program");
    case EADDRNOTAVAIL:
      return network_error(at.host + " is not an address of this machine");
    case EACCES:
      return network_error("this user may not listen on " + address);
    default:
      return network_error("cannot listen on " + address + ": " + cause(error));
  }
}

bool is_v4(const SocketAddress& address) { return address.storage.ss_family == AF_INET; }

struct Attempt {
  SocketPtr socket;  // None: `error` says why.
  int error = 0;
};

env::Task<Attempt> connect_one(Shard& shard, SocketAddress to) {
  Fd fd(socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return Attempt{nullptr, errno};
  send_at_once(fd.get());
  if (::connect(fd.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) {
    co_return Attempt{nullptr, errno};
  }
  const auto socket = std::make_shared<Socket>(shard, std::move(fd));
  socket->no_room_to_write();
  const env::TimerId timer = shard.arm(shard.now() + kConnectTime, [socket] { socket->close(); });
  co_await socket->writable();
  shard.cancel(timer);
  if (socket->closed()) co_return Attempt{nullptr, ETIMEDOUT};
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return Attempt{nullptr, error};
  co_return Attempt{socket, 0};
}

}  // namespace

Result<std::unique_ptr<env::Listener>> Network::listen(const env::Address& at) {
  const std::vector<SocketAddress> addresses = TRY(resolve(at, true));
  // A name such as localhost may stand for both kinds of address. One is listened on: the kind that
  // more clients try.
  const auto v4 = std::ranges::find_if(addresses, is_v4);
  const SocketAddress& address = v4 == addresses.end() ? addresses.front() : *v4;
  Fd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return listen_error(at, errno);
  // Not SO_REUSEPORT: a second server on a port must fail, not take half of the connections.
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), address.get(), address.size) != 0) return listen_error(at, errno);
  if (::listen(fd.get(), kBacklog) != 0) return listen_error(at, errno);
  env::Address local = to_env(local_address(fd.get()));
  return std::make_unique<Listener>(std::make_shared<Socket>(shard_, std::move(fd)),
                                    std::move(local));
}

Result<env::ConnectionPtr> Network::adopt(std::unique_ptr<env::Accepted> accepted) {
  auto* ours = dynamic_cast<Accepted*>(accepted.get());
  check(ours, "a connection of another network");
  env::Address local = to_env(local_address(ours->fd.get()));
  auto socket = std::make_shared<Socket>(shard_, std::move(ours->fd));
  return std::make_unique<Connection>(std::move(socket), std::move(local), ours->peer());
}

env::Task<Result<env::ConnectionPtr>> Network::connect(env::Address to) {
  const Result<std::vector<SocketAddress>> addresses =
      co_await on_pool(shard_.pools().names, [to] { return resolve(to, false); });
  if (!addresses) co_return fail(addresses.error());
  int error = EHOSTUNREACH;
  for (const SocketAddress& address : *addresses) {
    const Attempt attempt = co_await connect_one(shard_, address);
    if (attempt.socket) {
      env::Address local = to_env(local_address(attempt.socket->fd()));
      co_return std::make_unique<Connection>(attempt.socket, std::move(local), to_env(address));
    }
    error = attempt.error;
  }
  co_return network_error("cannot connect to " + to_text(to) + ": " + cause(error));
}

}  // namespace posix
