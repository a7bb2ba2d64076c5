// Whatever comes, the parsers of requests and of answers end: they take, refuse or ask for more,
// and hold to their limits, in whatever pieces it comes. What is percent-decoded or quoted stays
// sound.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/parse.h"

namespace {

constexpr std::size_t kHead = 1024;
constexpr std::size_t kBody = 4096;

// Puts the input in by pieces until the parser has had enough or there is no more of it. Whether it
// was refused.
template <class Parser, class Look>
bool refuses(Parser& parser, Bytes input, std::size_t piece, Look look) {
  ByteVector unused;
  while (!parser.done()) {
    const http::Taken<std::size_t> taken = parser.put(unused);
    if (!taken) return true;
    check(*taken <= unused.size(), "took more than there was");
    unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(*taken));
    if (*taken > 0 && !unused.empty()) continue;
    if (input.empty()) return false;
    const Bytes more = input.first(std::min(piece, input.size()));
    unused.insert(unused.end(), more.begin(), more.end());
    input = input.subspan(more.size());
    look(unused.size());
  }
  return false;
}

void parse_request(Bytes input, std::size_t piece) {
  http::RequestParser parser(kHead, kBody);
  const bool refused = refuses(parser, input, piece, [&](std::size_t unused) {
    check(parser.head_done() || unused <= kHead + piece, "a head beyond its limit");
  });
  if (!refused && parser.done()) {
    check(parser.take().body.size() <= kBody, "a body beyond its limit");
  }
}

void parse_response(Bytes input, std::size_t piece, bool to_head) {
  http::ResponseParser parser(kBody, to_head);
  if (refuses(parser, input, piece, [](std::size_t) {})) return;
  if (!parser.done() && !parser.put_end()) return;
  if (!parser.done()) return;
  const http::Response answer = parser.take();
  check(answer.body.size() <= kBody, "a body beyond its limit");
  check(!to_head || answer.body.empty(), "an answer to HEAD has no body");
}

void decode(std::string_view text) {
  const auto plain = http::percent_decode(text, true);
  check(!plain || plain->size() <= text.size());
  // What is not UTF-8 cannot be said in JSON and is replaced; anything else comes back as it was.
  const auto back = nlohmann::json::parse(http::quote_json(text), nullptr, false);
  check(back.is_string(), "quoted as something that is no JSON");
  const bool replaced = back.get_ref<const std::string&>().contains("\ufffd");
  check(replaced || back == std::string(text), "quoted as something else");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  for (const std::size_t piece : {size + 1, std::size_t{7}}) {
    parse_request(input, piece);
    parse_response(input, piece, false);
    parse_response(input, piece, true);
  }
  decode(as_text(input));
  return 0;
}
