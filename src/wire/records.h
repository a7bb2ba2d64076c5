// Where written messages go, and how record sets pass through without being copied.
//
// A frame is mostly record sets, and those lie ready in a file or in the frame they came in. So a
// message holds a view of them, never a copy, and whoever holds the message keeps the bytes alive.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error_code.h"

namespace wire {

// A set of record batches inside a message. Reading gives `bytes`, a view into the frame. On
// writing it is either `bytes`, which are copied in, or `elsewhere` bytes that the sender splices
// into the frame later, from what it knows under `token`.
struct Records {
  Bytes bytes{};
  std::size_t elsewhere = 0;
  std::uint32_t token = 0;

  std::size_t size() const { return elsewhere > 0 ? elsewhere : bytes.size(); }
  friend bool operator==(const Records& a, const Records& b);
};

// `size` bytes are missing from Output::bytes just before `position`; the sender has them as
// `token`.
struct Splice {
  std::size_t position = 0;
  std::size_t size = 0;
  std::uint32_t token = 0;
  bool operator==(const Splice&) const = default;
};

struct Output {
  ByteVector bytes;
  std::vector<Splice> splices;
  std::vector<ErrorCode> errors;  // Those in the message other than None, in order.
  // Something that matters had no place in the version written, so the reader will misunderstand: a
  // bug of the writing side, which tests look for.
  bool dropped = false;
  // An error code that the schema does not list where it stands: likewise. None if there is none.
  ErrorCode undeclared = ErrorCode::None;

  // How long the whole is once the splices are in.
  std::size_t size() const {
    std::size_t all = bytes.size();
    for (const Splice& splice : splices) all += splice.size;
    return all;
  }
};

}  // namespace wire
