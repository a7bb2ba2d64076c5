#include "wire/io.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/check.h"
#include "base/varint.h"

namespace wire {

// Kafka reads no longer string, whatever the version.
constexpr std::size_t kLongestText = 32767;

void Io::field(bool& v) {
  const std::uint64_t got = bits(v ? 1 : 0, 1);
  if (fills_) v = got != 0;
}

void Io::field(double& v) {
  const std::uint64_t got = bits(std::bit_cast<std::uint64_t>(v), sizeof v);
  if (fills_) v = std::bit_cast<double>(got);
}

void Io::field(Uuid& v) { raw(v.bytes); }

void Io::field(std::string& v) { text(v, length(Size::Text, v.size(), false)); }

void Io::field(ByteVector& v) { blob(v, length(Size::List, v.size(), false)); }

void Io::field(Records& v) { records(v, length(Size::List, v.size(), false)); }

void Io::field(std::optional<std::string>& v, bool nullable) {
  const std::size_t n = length(Size::Text, v ? v->size() : kNull, nullable);
  if (present(v, n)) text(*v, n);
}

void Io::field(std::optional<ByteVector>& v, bool nullable) {
  const std::size_t n = length(Size::List, v ? v->size() : kNull, nullable);
  if (present(v, n)) blob(*v, n);
}

void Io::field(std::optional<Records>& v, bool nullable) {
  const std::size_t n = length(Size::List, v ? v->size() : kNull, nullable);
  if (present(v, n)) records(*v, n);
}

void Io::end() {
  TagState state;
  while (next_tag(state)) {
  }
}

void Io::text(std::string& v, std::size_t n) {
  if (fills_) {
    // A short one lies inside the string itself.
    if (n > std::string().capacity() && !may_make(n, 1, 1)) n = 0;
    v.resize(n);
  }
  raw(std::as_writable_bytes(std::span(v.data(), n)));
}

void Io::blob(ByteVector& v, std::size_t n) {
  if (fills_) {
    if (!may_make(n, 1, 1)) n = 0;
    v.resize(n);
  }
  raw(std::span(v.data(), n));
}

// Reader

std::uint64_t Reader::bits(std::uint64_t, std::size_t bytes) {
  std::uint64_t value = 0;
  for (const std::byte b : take(bytes)) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

std::size_t Reader::length(Size kind, std::size_t, bool nullable) {
  // Either way -1 is null, and what is below that has no meaning.
  std::int64_t n = 0;
  if (flexible_) {
    n = std::int64_t{varint()} - 1;
  } else if (kind == Size::Text) {
    n = static_cast<std::int16_t>(bits(0, 2));
  } else {
    n = static_cast<std::int32_t>(bits(0, 4));
  }
  if (ok_ && n == -1 && nullable) return kNull;
  const std::size_t most = kind == Size::Text ? std::min(kLongestText, in_.size()) : in_.size();
  if (n < 0 || static_cast<std::uint64_t>(n) > most) fail();
  return ok_ ? static_cast<std::size_t>(n) : 0;
}

void Reader::raw(MutableBytes bytes) { std::ranges::copy(take(bytes.size()), bytes.begin()); }

void Reader::records(Records& records, std::size_t n) { records = Records{.bytes = take(n)}; }

// Each turn of the loop offers one tag of the input, and between turns it is seen to that a tag we
// know was as long as it said.
bool Reader::next_tag(TagState& state) {
  if (!flexible_) return false;
  if (state.pass++ == 0) {
    state.left = varint();
  } else {
    if (state.met && !in_.empty()) fail();
    if (ok_) in_ = state.rest;
  }
  if (!ok_ || state.left == 0) return false;
  --state.left;
  state.tag = varint();
  const std::uint32_t size = varint();
  if (size > in_.size()) fail();
  if (!ok_) return false;
  state.rest = in_.subspan(size);
  in_ = in_.first(size);
  state.met = false;
  return true;
}

bool Reader::begin_tag(TagState& state, std::uint32_t tag, bool) {
  if (state.tag != tag) return false;
  state.met = true;
  return true;
}

void Reader::end_tag(TagState&) {}

bool Reader::may_make(std::size_t n, std::size_t size, std::size_t least) {
  // No overflow: n is no more than there are bytes left.
  if (n * least > in_.size() || n * size > most_made_ - made_) {
    fail();
    return false;
  }
  made_ += n * size;
  return true;
}

Bytes Reader::take(std::size_t n) {
  if (n > in_.size()) {
    fail();
    return {};
  }
  const Bytes taken = in_.first(n);
  in_ = in_.subspan(n);
  return taken;
}

std::uint32_t Reader::varint() {
  const auto value = take_uvarint<std::uint32_t>(in_);
  if (!value) fail();
  return value.value_or(0);
}

void Reader::fail() {
  ok_ = false;
  in_ = {};
}

// Writer

std::uint64_t Writer::bits(std::uint64_t value, std::size_t bytes) {
  const std::size_t at = out_.bytes.size();
  out_.bytes.resize(at + bytes);
  for (std::size_t i = bytes; i-- > 0; value >>= 8) {
    out_.bytes[at + i] = static_cast<std::byte>(value & 0xff);
  }
  return value;
}

void Writer::saw(ErrorCode code, std::span<const ErrorCode> allowed) {
  if (code == ErrorCode::None) return;
  out_.errors.push_back(code);
  if (!allowed.empty() && std::ranges::find(allowed, code) == allowed.end()) out_.undeclared = code;
}

std::size_t Writer::length(Size kind, std::size_t n, bool nullable) {
  if (n == kNull && !nullable) {
    out_.dropped = true;
    n = 0;
  }
  if (kind == Size::Text && n != kNull && n > kLongestText) {
    out_.dropped = true;
    n = kLongestText;
  }
  const std::int64_t written = n == kNull ? -1 : static_cast<std::int64_t>(n);
  if (flexible_) {
    put_uvarint(out_.bytes, static_cast<std::uint32_t>(written + 1));
  } else {
    bits(static_cast<std::uint64_t>(written), kind == Size::Text ? 2 : 4);
  }
  return n;
}

void Writer::raw(MutableBytes bytes) {
  out_.bytes.insert(out_.bytes.end(), bytes.begin(), bytes.end());
}

void Writer::records(Records& records, std::size_t) {
  if (records.elsewhere > 0) {
    out_.splices.push_back({out_.bytes.size(), records.elsewhere, records.token});
  } else {
    out_.bytes.insert(out_.bytes.end(), records.bytes.begin(), records.bytes.end());
  }
}

// The first turn counts, the second writes.
bool Writer::next_tag(TagState& state) {
  if (!flexible_) return false;
  if (state.pass++ == 1) put_uvarint(out_.bytes, state.left);
  return state.pass == 1 || (state.pass == 2 && state.left > 0);
}

bool Writer::begin_tag(TagState& state, std::uint32_t tag, bool is_default) {
  if (is_default) return false;
  if (state.pass == 1) {
    ++state.left;
    return false;
  }
  put_uvarint(out_.bytes, tag);
  state.start = out_.bytes.size();
  return true;
}

// How long the field is stands before it, and is known only now.
void Writer::end_tag(TagState& state) {
  const ByteVector value(out_.bytes.begin() + static_cast<std::ptrdiff_t>(state.start),
                         out_.bytes.end());
  out_.bytes.resize(state.start);
  put_uvarint(out_.bytes, static_cast<std::uint32_t>(value.size()));
  out_.bytes.insert(out_.bytes.end(), value.begin(), value.end());
}

Error malformed(const Schema& schema, Version version) {
  return {ErrorCode::InvalidRequest, fmt::format("malformed {} v{}", schema.name, version)};
}

void check_version(const Schema& schema, Version version) {
  check(schema.has(version), "writing a version that the message does not have");
}

}  // namespace wire
