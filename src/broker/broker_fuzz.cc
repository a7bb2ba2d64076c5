// Hostile bytes to a whole broker: frames of a few connections, mixed, cut and delayed, on a
// simulated machine. Whatever they hold, the broker goes on to serve others, takes no more memory
// than it was given, and gives all of it back when those who asked have gone.
//
// An input is a run of steps: a byte that says which connection and what, then what it takes:
//   frame     two bytes of length, and so many bytes, sent behind a right length prefix
//   bytes     one byte of length, and so many bytes, sent as they are
//   wait      one byte: so many times 50 ms pass
//   hang up   the connection closes; the next step of its number opens another
#include <array>

#include "broker/apis.h"
#include "broker/broker_test_support.h"
#include "observe/log.h"
#include "testing/memory.h"
#include "wire/018_api_versions.h"
#include "wire/037_create_partitions.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kConnections = 4;
constexpr std::size_t kMostSteps = 64;
constexpr std::size_t kMostHeld = std::size_t{128} << 20;  // Above what an idle broker holds.
constexpr std::int64_t kMostPartitions = 20;
constexpr Duration kPatience = 2min;  // Longer than a connection may be idle, or a frame come in.

enum class Step : unsigned { Frame, Bytes, Wait, HangUp };

// One end of a connection: writes what it is given, and hears what comes.
struct Peer {
  env::ConnectionPtr stream;
  ByteVector to_send;
  bool writing = false;

  static env::Task<void> send(std::shared_ptr<Peer> peer) {
    peer->writing = true;
    while (!peer->to_send.empty()) {
      std::vector<env::Chunk> chunks;
      chunks.emplace_back(std::exchange(peer->to_send, {}));
      const Result<void> sent = co_await peer->stream->write(std::move(chunks));
      if (!sent) break;
    }
    peer->writing = false;
  }
  static env::Task<void> listen(std::shared_ptr<Peer> peer) {
    ByteVector some(4096);
    for (Result<std::size_t> got = 1; got && *got > 0;) {
      got = co_await peer->stream->read(some);
    }
  }
};

// Many partitions are allowed, and are not what is looked for here.
bool makes_many_partitions(Bytes frame) {
  const Result<RequestHead> head = read_request_head(frame);
  if (!head) return false;
  const Bytes body = frame.subspan(head->body_at);
  std::int64_t most = 0;
  if (head->api_key == wire::CreateTopicsRequest::api.key) {
    const auto request = wire::read_create_topics_request(body, head->version);
    if (!request) return false;
    for (const auto& topic : request->topics) {
      most += std::max<std::int64_t>(topic.num_partitions, std::ssize(topic.assignments));
    }
  } else if (head->api_key == wire::CreatePartitionsRequest::api.key) {
    const auto request = wire::read_create_partitions_request(body, head->version);
    if (!request) return false;
    for (const auto& topic : request->topics) most += topic.count;
  }
  return most > kMostPartitions;
}

class Hostile : public TestBroker {
 public:
  Hostile() {
    start({"num.partitions=2", "thalweg.memory.requests.bytes=4194304",
           "socket.request.max.bytes=1048576", "connections.max.idle.ms=60000"});
    create_topic("orders", 2);
    produce("orders", batch(3));
    before_ = testing::memory_held();
  }
  ~Hostile() {
    for (std::shared_ptr<Peer>& peer : peers_) hang_up(peer);
    world_.run_for(1s);
  }

  void take(Bytes input) {
    for (std::size_t steps = 0; !input.empty() && steps < kMostSteps; ++steps) {
      const auto what = static_cast<unsigned>(number(input, 1));
      step(peers_[what % kConnections], static_cast<Step>(what / kConnections % 4), input);
    }
    world_.run_for(1s);
    check(testing::memory_held() <= before_ + kMostHeld, "a few bytes made the broker take much");
  }

  // All have gone: nothing of theirs is left, and others are served as before.
  void look_after() {
    for (std::shared_ptr<Peer>& peer : peers_) hang_up(peer);
    world_.run_for(kPatience);
    connect()->ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 0);
    check(metric("thalweg_request_memory_bytes") == "0", "memory of requests was not given back");
  }

 private:
  static Bytes first(Bytes& input, std::size_t size) {
    const Bytes part = input.first(std::min(size, input.size()));
    input = input.subspan(part.size());
    return part;
  }
  static std::size_t number(Bytes& input, std::size_t bytes) {
    std::size_t value = 0;
    for (const std::byte b : first(input, bytes)) {
      value = value << 8 | std::to_integer<std::size_t>(b);
    }
    return value;
  }

  void step(std::shared_ptr<Peer>& peer, Step what, Bytes& input) {
    if (what == Step::Wait) {
      world_.run_for(50ms * static_cast<int>(number(input, 1)));
    } else if (what == Step::HangUp) {
      hang_up(peer);
    } else if (what == Step::Bytes) {
      send(peer, first(input, number(input, 1)));
    } else {
      const Bytes frame = first(input, number(input, 2));
      if (makes_many_partitions(frame)) return;
      ByteVector length(4);
      store_big(length.data(), static_cast<std::int32_t>(frame.size()));
      send(peer, length);
      send(peer, frame);
    }
  }

  void send(std::shared_ptr<Peer>& peer, Bytes bytes) {
    if (!peer) {
      peer = std::make_shared<Peer>();
      auto stream = world_.run(away_.shard().network().connect(server_->kafka()));
      check(stream.has_value(), "the broker takes no connections any more");
      peer->stream = std::move(*stream);
      env::spawn(Peer::listen(peer));
    }
    peer->to_send.insert(peer->to_send.end(), bytes.begin(), bytes.end());
    if (!peer->writing) env::spawn(Peer::send(peer));
  }
  static void hang_up(std::shared_ptr<Peer>& peer) {
    if (peer) peer->stream->close();
    peer.reset();
  }

  std::array<std::shared_ptr<Peer>, kConnections> peers_;
  std::size_t before_ = 0;
};

void silence() {
  observe::LogSettings settings;
  settings.write = [](std::string_view) {};
  observe::set_log(std::move(settings));
}

}  // namespace
}  // namespace broker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  broker::silence();
  broker::Hostile hostile;
  hostile.take({reinterpret_cast<const std::byte*>(data), size});
  hostile.look_after();
  return 0;
}
