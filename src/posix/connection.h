// A connected TCP socket as env sees it.
#pragma once
#include "env/network.h"
#include "posix/socket.h"

namespace posix {

class Connection final : public env::Connection {
 public:
  Connection(SocketPtr socket, env::Address local, env::Address peer)
      : socket_(std::move(socket)), local_(std::move(local)), peer_(std::move(peer)) {}
  ~Connection() override { close(); }

  env::Task<Result<std::size_t>> read(MutableBytes into) override;
  env::Task<Result<void>> write(std::vector<env::Chunk> chunks) override;
  void close() override { socket_->close(); }
  const env::Address& local() const override { return local_; }
  const env::Address& peer() const override { return peer_; }

 private:
  SocketPtr socket_;
  env::Address local_;
  env::Address peer_;
};

}  // namespace posix
