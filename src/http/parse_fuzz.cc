// Whatever comes, the request parser ends: it takes, refuses or asks for more, and holds to its
// limits.
#include "http/parse.h"

namespace {

void parse(Bytes input, std::size_t piece) {
  http::RequestParser parser(1024, 4096);
  ByteVector unused;
  while (!parser.done()) {
    const http::Taken<std::size_t> taken = parser.put(unused);
    if (!taken) return;
    check(*taken <= unused.size(), "took more than there was");
    unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(*taken));
    if (*taken > 0 && !unused.empty()) continue;
    if (input.empty()) return;
    const Bytes more = input.first(std::min(piece, input.size()));
    unused.insert(unused.end(), more.begin(), more.end());
    input = input.subspan(more.size());
    check(parser.head_done() || unused.size() <= 1024 + piece, "a head beyond its limit");
  }
  check(parser.take().body.size() <= 4096, "a body beyond its limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  parse(input, size + 1);
  parse(input, 7);
  return 0;
}
