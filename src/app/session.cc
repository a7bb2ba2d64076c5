#include "app/session.h"

#include <fmt/format.h>

#include "app/human.h"
#include "posix/process.h"

namespace app {

namespace {

constexpr std::uint16_t kKafkaPort = 9092;

// "host", "127.0.0.1", "[::1]": no port at the end.
bool lacks_port(const std::string& address) {
  return address.ends_with(']') || address.find(':') == std::string::npos;
}

}  // namespace

Runtime::Runtime() : process_(std::make_unique<posix::Process>(1)) {
  const auto running = std::make_shared<std::promise<env::Shard*>>();
  std::future<env::Shard*> shard = running->get_future();
  thread_ = std::thread(
      [this, running] { process_->run([running](env::Shard& one) { running->set_value(&one); }); });
  shard_ = shard.get();
}

Runtime::~Runtime() {
  process_->stop();
  thread_.join();
}

void Runtime::on_shard(env::Work work) {
  const auto done = std::make_shared<std::promise<void>>();
  shard_->post([done, todo = std::move(work)]() mutable {
    todo();
    done->set_value();
  });
  done->get_future().wait();
}

Result<std::vector<env::Address>> parse_bootstrap(const std::string& text) {
  std::vector<env::Address> addresses;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    std::string one = text.substr(from, to - from);
    from = to + 1;
    if (one.empty()) continue;
    if (lacks_port(one)) one += fmt::format(":{}", kKafkaPort);
    addresses.push_back(TRY(env::parse_address(one)));
  }
  if (addresses.empty())
    return fail(ErrorCode::InvalidRequest, "-b needs an address, like 127.0.0.1:9092");
  return addresses;
}

Outcome<std::unique_ptr<Session>> Session::open(const ClusterOptions& options) {
  Result<std::vector<env::Address>> addresses = parse_bootstrap(options.bootstrap);
  if (!addresses) return usage_error(addresses.error().detail);
  const Result<Millis> timeout = parse_duration(options.timeout);
  if (!timeout) return usage_error("--timeout: " + timeout.error().detail);
  std::unique_ptr<Session> session(new Session);
  client::Settings settings;
  settings.timeout = *timeout;
  session->cluster_ = TRY(session->wait(
      client::Cluster::open(session->runtime_.shard(), *std::move(addresses), settings)));
  return session;
}

Session::~Session() {
  // Connections are closed where they live.
  runtime_.on_shard([this] { cluster_.reset(); });
}

}  // namespace app
