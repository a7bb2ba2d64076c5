// Between env::Address and what the kernel calls an address.
#pragma once
#include <sys/socket.h>

#include <vector>

#include "base/result.h"
#include "env/network.h"

namespace posix {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

env::Address to_env(const SocketAddress& address);

// All addresses of a host, in the order to try them. May block for long on a name.
Result<std::vector<SocketAddress>> resolve(const env::Address& address, bool to_listen);

SocketAddress local_address(int fd);

}  // namespace posix
