// Fills any message with random values that its version can carry: what a property test feeds to
// what is generated from the schemas.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>

#include "wire/io.h"

namespace testing {

// Extreme values come more often than chance would bring them. The record sets of the messages are
// views into this, so it must live as long as they do.
class RandomFiller final : public wire::Io {
 public:
  RandomFiller(std::mt19937_64& random, wire::Version version, bool flexible)
      : Io(version, flexible, true), random_(random) {}

  void absent(bool) override {}

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::uint64_t bits(std::uint64_t, std::size_t bytes) override {
    const unsigned width = static_cast<unsigned>(bytes) * 8;
    switch (below(6)) {
      case 0:
        return 0;
      case 1:
        return ~std::uint64_t{0};
      case 2:
        return std::uint64_t{1} << (width - 1);
      case 3:
        return below(300);
      default:
        return random_();
    }
  }
  std::size_t length(Size kind, std::size_t, bool nullable) override {
    if (nullable && below(4) == 0) return kNull;
    if (kind == Size::List) return below(4);
    return below(80) == 0 ? 200 : below(9);
  }
  void raw(MutableBytes bytes) override {
    for (std::byte& b : bytes) b = static_cast<std::byte>(below(256));
  }
  void records(wire::Records& records, std::size_t n) override {
    ByteVector& kept = kept_.emplace_back(n * 5);
    raw(kept);
    records = wire::Records{.bytes = kept};
  }

  // One turn; each tag that is known comes up in it and is filled in or left as it is.
  bool next_tag(TagState& state) override { return flexible_ && state.pass++ == 0; }
  bool begin_tag(TagState&, std::uint32_t, bool) override { return below(2) == 0; }
  void end_tag(TagState&) override {}

  std::mt19937_64& random_;
  std::deque<ByteVector> kept_;
};

}  // namespace testing
