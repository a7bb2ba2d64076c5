// Stream connections. Errors carry ErrorCode::NetworkException and a sentence with the cause.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "env/files.h"
#include "env/task.h"

namespace env {

struct Address {
  std::string host;  // A name, or an address in text: "127.0.0.1", "::1".
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};
std::string to_text(const Address& address);           // "127.0.0.1:9092", "[::1]:9092".
Result<Address> parse_address(std::string_view text);  // Errors say what is wrong with it.

// A run of bytes of a file, to be sent without bringing them through user space where possible.
struct FileRange {
  FilePtr file;
  std::uint64_t offset = 0;
  std::size_t size = 0;
};

// A piece of what is sent: bytes kept alive by `Buffer` or `ByteVector`, or a run of a file.
using Chunk = std::variant<ByteVector, Buffer, FileRange>;
inline std::size_t size(const Chunk& chunk) {
  return std::visit(overloaded{[](const FileRange& range) { return range.size; },
                               [](const auto& bytes) { return bytes.size(); }},
                    chunk);
}

// One side of a stream. Belongs to one shard. One read and one write may be under way at once.
class Connection {
 public:
  virtual ~Connection() = default;  // Closes.

  // Waits for and gives 1 to into.size() bytes; 0 when the peer has closed its side.
  virtual Task<Result<std::size_t>> read(MutableBytes into) = 0;
  // Sends all chunks in order, or fails.
  virtual Task<Result<void>> write(std::vector<Chunk> chunks) = 0;
  // Ends both directions now; reads and writes under way fail. Idempotent.
  virtual void close() = 0;

  virtual const Address& local() const = 0;
  virtual const Address& peer() const = 0;
};
using ConnectionPtr = std::unique_ptr<Connection>;

// A connection on its way to the shard that will own it.
class Accepted {
 public:
  virtual ~Accepted() = default;  // Closes it, if no shard took it.
  virtual const Address& peer() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual Task<Result<std::unique_ptr<Accepted>>> accept() = 0;  // Fails once closed.
  virtual const Address& local() const = 0;  // With the port that was picked for port 0.
  virtual void close() = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual Result<std::unique_ptr<Listener>> listen(const Address& at) = 0;
  // Makes this shard the owner of a connection that any shard's listener accepted.
  virtual Result<ConnectionPtr> adopt(std::unique_ptr<Accepted> accepted) = 0;
  virtual Task<Result<ConnectionPtr>> connect(Address to) = 0;
};

}  // namespace env
