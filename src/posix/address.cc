#include "posix/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>

#include "posix/errors.h"

namespace posix {

env::Address to_env(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return {text, ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return {text, ntohs(v4.sin_port)};
}

Result<std::vector<SocketAddress>> resolve(const env::Address& address, bool to_listen) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : AI_ADDRCONFIG);
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  int error = getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found);
  if (error != 0 && !to_listen) {
    // On a machine with nothing but loopback AI_ADDRCONFIG hides even that.
    wanted.ai_flags = AI_NUMERICSERV;
    error = getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found);
  }
  if (error != 0) {
    return network_error("cannot find the host '" + address.host + "': " + gai_strerror(error));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    SocketAddress& next = addresses.emplace_back();
    std::memcpy(&next.storage, at->ai_addr, at->ai_addrlen);
    next.size = at->ai_addrlen;
  }
  freeaddrinfo(found);
  return addresses;
}

SocketAddress local_address(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  getsockname(fd, address.get(), &address.size);
  return address;
}

}  // namespace posix
