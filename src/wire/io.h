// How messages become bytes and bytes become messages. The generator writes one function per
// struct, `walk`, which shows every field to an Io; what the Io does with a field is its own
// affair. Reader and Writer are here, so what is written cannot differ from what is read; tests
// have an Io that fills messages with random values.
//
// Nothing here throws or stops. A Reader that meets bad input remembers it and from then on reads
// zeros; the caller asks once, at the end. What it makes is bounded by what it was given: no array
// has more elements than the bytes left could hold, and all arrays, texts and bytes together take
// no more memory than kMostMadePerByte for each byte of input.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/named.h"
#include "base/result.h"
#include "wire/api.h"
#include "wire/records.h"

namespace wire {

// An empty string is a byte on the wire and 32 in memory, so a hostile message could be blown up
// that far and more. What clients really send grows to five times its size, and to a dozen if every
// name in it has a single letter. Small messages may be of any shape.
inline constexpr std::size_t kMostMadePerByte = 16;
inline constexpr std::size_t kMostMadeOfFew = 64 * 1024;

// The fewest bytes that an element of an array takes on the wire, in any version. Structs know it
// from their schema.
template <class T>
inline constexpr std::size_t kLeastBytesOf = 1;
template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, Uuid>
inline constexpr std::size_t kLeastBytesOf<T> = sizeof(T);
template <class T, class Tag>
inline constexpr std::size_t kLeastBytesOf<Named<T, Tag>> = kLeastBytesOf<T>;
template <class T>
  requires requires { T::kLeastBytes; }
inline constexpr std::size_t kLeastBytesOf<T> = T::kLeastBytes;

class Io {
 public:
  virtual ~Io() = default;

  bool in(Version first, Version last = kNever) const {
    return first <= version_ && version_ <= last;
  }
  bool flexible() const { return flexible_; }
  bool ok() const { return ok_; }

  template <std::integral T>
  void field(T& v) {
    const std::uint64_t got = bits(static_cast<std::uint64_t>(v), sizeof(T));
    if (fills_) v = static_cast<T>(got);
  }
  void field(bool& v);
  void field(double& v);
  void field(Uuid& v);
  void field(std::string& v);
  void field(ByteVector& v);
  void field(Records& v);
  void field(std::optional<std::string>& v, bool nullable = true);
  void field(std::optional<ByteVector>& v, bool nullable = true);
  void field(std::optional<Records>& v, bool nullable = true);

  template <class T>
    requires std::is_enum_v<T>
  void field(T& v) {
    auto raw = static_cast<std::underlying_type_t<T>>(v);
    field(raw);
    if (fills_) v = static_cast<T>(raw);
    if constexpr (std::same_as<T, ErrorCode>) saw(v, {});
  }
  // An error code of which the schema says what it may be.
  template <ErrorCode... Allowed>
  void one_of(ErrorCode& v) {
    static constexpr ErrorCode kAllowed[] = {Allowed...};
    auto raw = static_cast<std::int16_t>(v);
    field(raw);
    if (fills_) v = static_cast<ErrorCode>(raw);
    saw(v, kAllowed);
  }
  template <class T, class Tag>
  void field(Named<T, Tag>& v) {
    field(v.value);
  }
  template <class Tag>
  void field(std::optional<Named<std::string, Tag>>& v, bool nullable = true) {
    const std::size_t n = length(Size::Text, v ? v->value.size() : kNull, nullable);
    if (present(v, n)) text(v->value, n);
  }
  template <class T>
  void field(std::vector<T>& v) {
    elements(v, length(Size::List, v.size(), false));
  }
  template <class T>
  void field(std::optional<std::vector<T>>& v, bool nullable = true) {
    const std::size_t n = length(Size::List, v ? v->size() : kNull, nullable);
    if (present(v, n)) elements(*v, n);
  }
  // A struct that may be missing says so in a byte of its own, in whichever version: 1 or -1, but 1
  // or 0 if it is a tagged field.
  template <class T>
    requires std::is_class_v<T>
  void field(std::optional<T>& v) {
    auto sign = static_cast<std::int8_t>(v ? 1 : -1);
    field(sign);
    if (present(v, sign < 0 ? kNull : 0)) walk(*this, *v);
  }
  template <class T>
  void tagged_field(std::optional<T>& v) {
    bool there = v.has_value();
    field(there);
    if (present(v, there ? 0 : kNull)) walk(*this, *v);
  }
  template <class T>
    requires std::is_class_v<T>
  void field(T& v) {
    walk(*this, v);
  }

  // Ends a struct that knows no tagged fields.
  void end();

  // A field that this version lacks, and that readers cannot do without if it says anything.
  virtual void absent(bool says_nothing) = 0;

  // Every error code of a message passes here, with those that are allowed in its place, or none
  // where the schema does not say.
  virtual void saw(ErrorCode, std::span<const ErrorCode>) {}

 protected:
  enum class Size : std::uint8_t { Text, List };
  static constexpr std::size_t kNull = ~std::size_t{0};

  Io(Version version, bool flexible, bool fills)
      : version_(version), flexible_(flexible), fills_(fills) {}
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  // The tagged fields of one struct, while they are walked.
  struct TagState {
    int pass = 0;
    std::uint32_t left = 0;
    std::uint32_t tag = 0;
    bool met = false;
    std::size_t start = 0;
    Bytes rest;
  };

  // What an Io must know how to do. Those that do not fill return what they were given.
  virtual std::uint64_t bits(std::uint64_t value, std::size_t bytes) = 0;
  virtual std::size_t length(Size kind, std::size_t n, bool nullable) = 0;
  virtual void raw(MutableBytes bytes) = 0;
  virtual void records(Records& records, std::size_t n) = 0;
  virtual bool next_tag(TagState& state) = 0;
  virtual bool begin_tag(TagState& state, std::uint32_t tag, bool is_default) = 0;
  virtual void end_tag(TagState& state) = 0;
  // Asked before memory is taken for `n` elements of `size` bytes, which take `least` on the wire.
  virtual bool may_make(std::size_t, std::size_t /*size*/, std::size_t /*least*/) { return true; }

  friend class Tags;

  const Version version_;
  const bool flexible_;
  const bool fills_;  // Whether walking changes the message. A Writer's may be const.
  bool ok_ = true;

 private:
  void text(std::string& v, std::size_t n);
  void blob(ByteVector& v, std::size_t n);

  template <class T>
  bool present(std::optional<T>& v, std::size_t n) {
    if (!fills_) return v.has_value() && n != kNull;
    if (n == kNull) {
      v.reset();
      return false;
    }
    v = T{};  // emplace() would ask too early whether a nested struct has a default constructor.
    return true;
  }
  template <class T>
  void elements(std::vector<T>& v, std::size_t n) {
    if (fills_) {
      if (!may_make(n, sizeof(T), kLeastBytesOf<T>)) n = 0;
      v.clear();
      v.reserve(n);
    }
    for (std::size_t i = 0; i < n && ok_; ++i) {
      if (fills_) v.emplace_back();
      field(v[i]);
    }
  }
};

// Walks the tagged fields of a struct: `for (Tags tags(io); tags.next();) tags.field(...)`, one
// call for each tag that is known, in their order. The loop may turn more than once; an Io decides.
class Tags {
 public:
  explicit Tags(Io& io) : io_(io) {}
  bool next() { return io_.next_tag(state_); }
  template <class T>
  void field(std::uint32_t tag, T& v, bool is_default) {
    if (!io_.begin_tag(state_, tag, is_default)) return;
    io_.field(v);
    io_.end_tag(state_);
  }
  template <ErrorCode... Allowed>
  void one_of(std::uint32_t tag, ErrorCode& v, bool is_default) {
    if (!io_.begin_tag(state_, tag, is_default)) return;
    io_.one_of<Allowed...>(v);
    io_.end_tag(state_);
  }
  template <class T>
  void nullable_struct(std::uint32_t tag, std::optional<T>& v, bool is_default) {
    if (!io_.begin_tag(state_, tag, is_default)) return;
    io_.tagged_field(v);
    io_.end_tag(state_);
  }

 private:
  Io& io_;
  Io::TagState state_;
};

class Reader final : public Io {
 public:
  Reader(Bytes in, Version version, bool flexible)
      : Io(version, flexible, true),
        in_(in),
        most_made_(in.size() * kMostMadePerByte + kMostMadeOfFew) {}
  // Whether all was well, and all of it was needed.
  bool done() const { return ok_ && in_.empty(); }
  Bytes rest() const { return in_; }
  // How much memory the message took, beside its own size.
  std::size_t made() const { return made_; }

  void absent(bool) override {}

 private:
  std::uint64_t bits(std::uint64_t value, std::size_t bytes) override;
  std::size_t length(Size kind, std::size_t n, bool nullable) override;
  void raw(MutableBytes bytes) override;
  void records(Records& records, std::size_t n) override;
  bool next_tag(TagState& state) override;
  bool begin_tag(TagState& state, std::uint32_t tag, bool is_default) override;
  void end_tag(TagState& state) override;
  bool may_make(std::size_t n, std::size_t size, std::size_t least) override;

  Bytes take(std::size_t n);
  std::uint32_t varint();
  void fail();

  Bytes in_;
  const std::size_t most_made_;
  std::size_t made_ = 0;
};

class Writer final : public Io {
 public:
  Writer(Output& out, Version version, bool flexible) : Io(version, flexible, false), out_(out) {}

  void absent(bool says_nothing) override { out_.dropped |= !says_nothing; }
  void saw(ErrorCode code, std::span<const ErrorCode> allowed) override;

 private:
  std::uint64_t bits(std::uint64_t value, std::size_t bytes) override;
  std::size_t length(Size kind, std::size_t n, bool nullable) override;
  void raw(MutableBytes bytes) override;
  void records(Records& records, std::size_t n) override;
  bool next_tag(TagState& state) override;
  bool begin_tag(TagState& state, std::uint32_t tag, bool is_default) override;
  void end_tag(TagState& state) override;

  Output& out_;
};

// What the generated functions are made of.
Error malformed(const Schema& schema, Version version);
void check_version(const Schema& schema, Version version);

// `made` learns how much memory the message took.
template <class M>
Result<M> read_message(Bytes in, Version version, const Schema& schema,
                       std::size_t* made = nullptr) {
  if (!schema.has(version)) return ::fail(ErrorCode::UnsupportedVersion);
  M message;
  Reader reader(in, version, schema.flexible(version));
  walk(reader, message);
  // Bytes behind a message are let pass, as Kafka's brokers do: librdkafka 2.16 sends three too
  // many with the Metadata request that asks for all topics.
  if (!reader.ok()) return ::fail(malformed(schema, version));
  if (made) *made = reader.made();
  return message;
}

template <class M>
void write_message(const M& message, Version version, const Schema& schema, Output& out) {
  check_version(schema, version);
  Writer writer(out, version, schema.flexible(version));
  walk(writer, const_cast<M&>(message));  // A Writer changes nothing: it does not fill.
}

}  // namespace wire
