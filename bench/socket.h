// Blocking sockets for the load generator and the floors: what they do with bytes is their subject,
// so how they get them is as plain as can be. Whatever fails ends the program.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace bench {

[[noreturn]] inline void give_up(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

inline sockaddr_in address_of(const std::string& host_and_port) {
  const std::size_t colon = host_and_port.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::atoi(host_and_port.c_str() + colon + 1)));
  if (inet_pton(AF_INET, host_and_port.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    give_up("not an address: " + host_and_port);
  }
  return address;
}

inline int connect_to(const std::string& host_and_port) {
  const sockaddr_in address = address_of(host_and_port);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up("connect to " + host_and_port);
  }
  return fd;
}

inline void send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) give_up("send");
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

// False at the end of the stream.
inline bool read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, data, size, 0);
    if (got == 0) return false;
    if (got < 0) give_up("receive");
    data += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (sizeof value == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof value == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof value == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  return value;
}

// Bytes of the protocol, put one behind the other.
class Writer {
 public:
  Writer& i8(std::int8_t v) { return put(v); }
  Writer& i16(std::int16_t v) {
    return put(static_cast<std::int16_t>(__builtin_bswap16(static_cast<std::uint16_t>(v))));
  }
  Writer& i32(std::int32_t v) {
    return put(static_cast<std::int32_t>(__builtin_bswap32(static_cast<std::uint32_t>(v))));
  }
  Writer& i64(std::int64_t v) {
    return put(static_cast<std::int64_t>(__builtin_bswap64(static_cast<std::uint64_t>(v))));
  }
  Writer& string(const std::string& text) {
    i16(static_cast<std::int16_t>(text.size()));
    bytes.insert(bytes.end(), text.begin(), text.end());
    return *this;
  }
  Writer& raw(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    bytes.insert(bytes.end(), from, from + size);
    return *this;
  }
  std::vector<char> bytes;

 private:
  template <class T>
  Writer& put(T value) {
    return raw(&value, sizeof value);
  }
};

// A whole request with its length in front, in a header without tagged fields.
inline std::vector<char> request(std::int16_t api, std::int16_t version, std::int32_t correlation,
                                 const Writer& body) {
  Writer whole;
  whole.i32(0).i16(api).i16(version).i32(correlation).string("bench");
  whole.raw(body.bytes.data(), body.bytes.size());
  Writer length;
  length.i32(static_cast<std::int32_t>(whole.bytes.size() - 4));
  std::memcpy(whole.bytes.data(), length.bytes.data(), 4);
  return std::move(whole.bytes);
}

// The body of the next answer, behind its correlation id. False at the end of the stream.
inline bool read_answer(int fd, std::vector<char>& body) {
  char length[4];
  if (!read_all(fd, length, 4)) return false;
  body.resize(static_cast<std::size_t>(load<std::int32_t>(length)));
  return read_all(fd, body.data(), body.size());
}

}  // namespace bench
