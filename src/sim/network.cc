#include "sim/network.h"

#include <algorithm>

#include "sim/stream.h"

namespace sim {

void NetworkState::part(const std::string& a, const std::string& b) {
  parted_.emplace_back(a, b);
  break_streams(
      [&](const Stream& stream) { return parted(stream.sides[0].host, stream.sides[1].host); });
}

void NetworkState::join(const std::string& a, const std::string& b) {
  std::erase(parted_, std::pair(a, b));
  std::erase(parted_, std::pair(b, a));
}

void NetworkState::unplug(const std::string& host) {
  break_streams([&](const Stream& stream) {
    return stream.sides[0].host == host || stream.sides[1].host == host;
  });
  const StreamWorks works(clockwork_, settings);
  for (const auto& [place, listener] : listeners_) {
    const std::shared_ptr<Backlog> backlog = listener.lock();
    if (place.first != host || !backlog) continue;
    backlog->closed = true;
    works.wake(backlog->waiter);
  }
}

void NetworkState::break_all() {
  break_streams([](const Stream&) { return true; });
}

bool NetworkState::parted(const std::string& a, const std::string& b) const {
  return std::ranges::any_of(parted_, [&](const auto& pair) {
    return pair == std::pair(a, b) || pair == std::pair(b, a);
  });
}

void NetworkState::break_streams(const std::function<bool(const Stream&)>& which) {
  const StreamWorks works(clockwork_, settings);
  for (const std::weak_ptr<Stream>& weak : streams_) {
    if (const StreamPtr stream = weak.lock(); stream && which(*stream)) works.break_off(*stream);
  }
  std::erase_if(streams_, [](const std::weak_ptr<Stream>& weak) { return weak.expired(); });
}

Duration NetworkState::delay() {
  return clockwork_.random_between(settings.least_delay, settings.most_delay);
}

std::string SimNetwork::name_of(const std::string& host) const {
  const bool own = host == "127.0.0.1" || host == "localhost" || host == "0.0.0.0";
  return own ? host_ : host;
}

Result<std::unique_ptr<env::Listener>> SimNetwork::listen(const env::Address& at) {
  env::Address bound{name_of(at.host), at.port};
  if (bound.host != host_) {
    return fail(ErrorCode::NetworkException, at.host + " is not an address of this machine");
  }
  if (bound.port == 0) bound.port = state_.next_port_++;
  std::weak_ptr<Backlog>& slot = state_.listeners_[{bound.host, bound.port}];
  if (const auto other = slot.lock(); other && !other->closed) {
    return fail(ErrorCode::NetworkException, to_text(at) + " is in use by another program");
  }
  const auto backlog = std::make_shared<Backlog>();
  slot = backlog;
  return make_listener(backlog, bound, StreamWorks(state_.clockwork_, state_.settings));
}

Result<env::ConnectionPtr> SimNetwork::adopt(std::unique_ptr<env::Accepted> accepted) {
  return make_connection(take_stream(*accepted), 1,
                         StreamWorks(state_.clockwork_, state_.settings));
}

env::Task<Result<env::ConnectionPtr>> SimNetwork::connect(env::Address to) {
  const std::string host = name_of(to.host);
  co_await state_.clockwork_.delay(state_.delay());
  const auto found = state_.listeners_.find({host, to.port});
  std::shared_ptr<Backlog> backlog;
  if (found != state_.listeners_.end()) backlog = found->second.lock();
  if (state_.parted(host_, host)) {
    co_return fail(ErrorCode::NetworkException, "cannot connect to " + to_text(to) + ": timed out");
  }
  if (!backlog || backlog->closed) {
    co_return fail(ErrorCode::NetworkException,
                   "cannot connect to " + to_text(to) + ": connection refused");
  }
  const auto stream = std::make_shared<Stream>();
  stream->sides = {env::Address{host_, state_.next_port_++}, env::Address{host, to.port}};
  state_.streams_.push_back(stream);
  const StreamWorks works(state_.clockwork_, state_.settings);
  backlog->streams.push_back(stream);
  works.wake(backlog->waiter);
  co_return make_connection(stream, 0, works);
}

}  // namespace sim
