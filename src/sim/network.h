// A network in memory. Connections deliver bytes in order, late, and in pieces of any size; they
// break when told to, or by chance. A host is one machine: it reaches itself also as 127.0.0.1 and
// localhost, and listens on all its names at once when asked for 0.0.0.0.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "env/network.h"
#include "sim/clockwork.h"

namespace sim {

struct NetworkSettings {
  Duration least_delay = std::chrono::microseconds(20);
  Duration most_delay = std::chrono::microseconds(500);
  std::size_t window = 64 * 1024;  // Sent and not yet read, each way; then a writer waits.
  std::uint64_t break_one_in = 0;  // Each piece sent breaks its connection so often; 0: never.
  Duration slow_reads{};           // Each reader may rest so long before it takes what has arrived.
};

struct Stream;   // The two directions of a connection.
struct Backlog;  // What has connected to a listener and was not accepted yet.

// What all machines of a world share.
class NetworkState {
 public:
  explicit NetworkState(Clockwork& clockwork) : clockwork_(clockwork) {}
  NetworkState(const NetworkState&) = delete;
  NetworkState& operator=(const NetworkState&) = delete;

  NetworkSettings settings;

  // Breaks what hosts `a` and `b` have between them, and keeps them apart until join().
  void part(const std::string& a, const std::string& b);
  void join(const std::string& a, const std::string& b);
  // Breaks all connections of a host, and ends its listeners.
  void unplug(const std::string& host);
  void break_all();

 private:
  friend class SimNetwork;
  using Place = std::pair<std::string, std::uint16_t>;

  bool parted(const std::string& a, const std::string& b) const;
  void break_streams(const std::function<bool(const Stream&)>& which);
  Duration delay();

  Clockwork& clockwork_;
  std::map<Place, std::weak_ptr<Backlog>> listeners_;
  std::vector<std::weak_ptr<Stream>> streams_;
  std::vector<std::pair<std::string, std::string>> parted_;
  std::uint16_t next_port_ = 40000;
};

// The network as the shards of one host see it.
class SimNetwork final : public env::Network {
 public:
  SimNetwork(NetworkState& state, std::string host) : state_(state), host_(std::move(host)) {}

  Result<std::unique_ptr<env::Listener>> listen(const env::Address& at) override;
  Result<env::ConnectionPtr> adopt(std::unique_ptr<env::Accepted> accepted) override;
  env::Task<Result<env::ConnectionPtr>> connect(env::Address to) override;

 private:
  std::string name_of(const std::string& host) const;

  NetworkState& state_;
  std::string host_;
};

}  // namespace sim
