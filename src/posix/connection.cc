#include "posix/connection.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "posix/errors.h"
#include "posix/files.h"
#include "posix/pool.h"

namespace posix {
namespace {

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kFileSlice = 256 * 1024;  // Of a file, sent by one call.
constexpr std::size_t kTurn = 1024 * 1024;      // Sent without a pause before others get theirs.

std::unexpected<Error> closed_error() { return network_error("the connection was closed"); }

// Of what is to be sent: where we are.
struct Progress {
  std::vector<env::Chunk> chunks;
  std::size_t chunk = 0;
  std::size_t offset = 0;  // In that chunk.
  std::size_t turn = 0;    // Sent since the last pause.

  bool done() {
    while (chunk < chunks.size() && offset == size(chunks[chunk])) next();
    return chunk == chunks.size();
  }
  void next() {
    ++chunk;
    offset = 0;
  }
  void advance(std::size_t sent) {
    turn += sent;
    while (sent > 0) {
      const std::size_t step = std::min(sent, size(chunks[chunk]) - offset);
      offset += step;
      sent -= step;
      if (offset == size(chunks[chunk])) next();
    }
  }
  const env::FileRange* file() const { return std::get_if<env::FileRange>(&chunks[chunk]); }
};

Bytes bytes_of(const env::Chunk& chunk) {
  if (const auto* vector = std::get_if<ByteVector>(&chunk)) return *vector;
  return std::get<Buffer>(chunk).bytes();
}

// Sends memory chunks from where we are, up to the next file range: what send gave.
ssize_t send_memory(int fd, const Progress& at) {
  std::array<iovec, kMostParts> parts;
  std::size_t count = 0;
  std::size_t offset = at.offset;
  std::size_t next = at.chunk;
  for (; next < at.chunks.size() && count < kMostParts; ++next, offset = 0) {
    if (std::holds_alternative<env::FileRange>(at.chunks[next])) break;
    const Bytes bytes = bytes_of(at.chunks[next]).subspan(offset);
    if (bytes.empty()) continue;
    parts[count++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  // What follows belongs to the same answer: let the kernel fill its packets. Promising more where
  // nothing comes would hold the last packet back.
  const auto rest = std::span(at.chunks).subspan(next);
  const bool more = std::ranges::any_of(rest, [](const env::Chunk& c) { return size(c) > 0; });
  return sendmsg(fd, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

// Whether sending this slice would wait for the disk, going by its ends.
bool is_cold(int fd, std::uint64_t offset, std::size_t size) {
  for (const std::uint64_t at : {offset, offset + size - 1}) {
    std::byte byte;
    const iovec part{&byte, 1};
    if (preadv2(fd, &part, 1, static_cast<off_t>(at), RWF_NOWAIT) < 0 && errno == EAGAIN) {
      return true;
    }
  }
  return false;
}

// Has the kernel read a slice into its page cache. Errors show when the slice is sent.
int warm_up(int fd, std::uint64_t offset, std::size_t size) {
  const auto scratch = std::make_unique_for_overwrite<std::byte[]>(size);
  return pread(fd, scratch.get(), size, static_cast<off_t>(offset)) >= 0 ? 0 : errno;
}

struct Sent {
  ssize_t bytes = 0;
  int error = 0;
};

// Sends a slice of a file from where we are by way of user space: for files that sendfile does not
// take.
env::Task<Result<Sent>> send_copy(SocketPtr socket, const Progress& at) {
  const env::FileRange& range = *at.file();
  ByteVector copy(std::min(range.size - at.offset, kFileSlice));
  CO_TRY(const std::size_t got, co_await range.file->read(range.offset + at.offset, copy));
  if (socket->closed()) co_return closed_error();
  if (got == 0) co_return Sent{};
  const ssize_t sent = send(socket->fd(), copy.data(), got, MSG_NOSIGNAL);
  co_return Sent{sent, sent < 0 ? errno : 0};
}

env::Task<Result<Sent>> send_file(SocketPtr socket, const Progress& at) {
  const env::FileRange& range = *at.file();
  const auto* file = dynamic_cast<const File*>(range.file.get());
  if (!file) {
    const Result<Sent> copied = co_await send_copy(socket, at);
    co_return copied;
  }
  const int fd = file->fd();
  const std::uint64_t offset = range.offset + at.offset;
  const std::size_t size = std::min(range.size - at.offset, kFileSlice);
  if (is_cold(fd, offset, size)) {
    co_await on_pool(socket->shard().pools().reads,
                     [fd, offset, size] { return warm_up(fd, offset, size); });
    if (socket->closed()) co_return closed_error();
  }
  auto position = static_cast<off_t>(offset);
  const ssize_t sent = sendfile(socket->fd(), fd, &position, size);
  if (sent < 0 && (errno == EINVAL || errno == ENOSYS)) {
    const Result<Sent> copied = co_await send_copy(socket, at);
    co_return copied;
  }
  co_return Sent{sent, sent < 0 ? errno : 0};
}

env::Task<Result<void>> write_all(SocketPtr socket, std::vector<env::Chunk> chunks) {
  Progress at{std::move(chunks)};
  while (!at.done()) {
    if (socket->closed()) co_return closed_error();
    if (!socket->may_write()) {
      co_await socket->writable();
      at.turn = 0;
      continue;
    }
    if (at.turn >= kTurn) {
      co_await socket->shard().yield();
      at.turn = 0;
      continue;
    }
    Sent sent;
    if (at.file()) {
      CO_TRY(sent, co_await send_file(socket, at));
      if (sent.bytes == 0) {
        co_return network_error("a file ended before all that was promised of it was sent");
      }
    } else {
      sent.bytes = send_memory(socket->fd(), at);
      sent.error = sent.bytes < 0 ? errno : 0;
    }
    if (sent.bytes > 0) {
      at.advance(static_cast<std::size_t>(sent.bytes));
    } else if (sent.error == EAGAIN) {
      socket->no_room_to_write();
    } else if (sent.error != EINTR) {
      co_return network_error("cannot send: " + cause(sent.error));
    }
  }
  co_return Result<void>{};
}

env::Task<Result<std::size_t>> read_some(SocketPtr socket, MutableBytes into) {
  while (true) {
    if (socket->closed()) co_return closed_error();
    if (!socket->may_read()) {
      co_await socket->readable();
      continue;
    }
    const ssize_t got = recv(socket->fd(), into.data(), into.size(), 0);
    if (got >= 0) {
      // A short read has emptied the socket: its next byte makes a new edge.
      if (static_cast<std::size_t>(got) < into.size()) socket->nothing_to_read();
      co_return static_cast<std::size_t>(got);
    }
    if (errno == EAGAIN) {
      socket->nothing_to_read();
      if (socket->may_read()) co_await socket->shard().yield();  // Hung up, yet nothing to read.
    } else if (errno != EINTR) {
      co_return network_error("cannot receive: " + cause(errno));
    }
  }
}

}  // namespace

env::Task<Result<std::size_t>> Connection::read(MutableBytes into) {
  check(!into.empty(), "reading into nothing");
  return read_some(socket_, into);
}

env::Task<Result<void>> Connection::write(std::vector<env::Chunk> chunks) {
  return write_all(socket_, std::move(chunks));
}

}  // namespace posix
