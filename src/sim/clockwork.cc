#include "sim/clockwork.h"

namespace sim {

// SplitMix64: small, fast, and every seed is as good as another.
std::uint64_t Clockwork::random() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27) * 0x94d049bb133111ebU;
  return z ^ z >> 31;
}

Duration Clockwork::random_between(Duration least, Duration most) {
  const auto span = static_cast<std::uint64_t>((most - least).count());
  return least + Duration(random_below(span + 1));
}

std::uint64_t Clockwork::schedule(Instant at, env::Work work) {
  const std::uint64_t number = next_number_++;
  const Instant when = std::max(at, now_);
  queue_.emplace(When{when, number}, std::move(work));
  times_.emplace(number, when);
  return number;
}

void Clockwork::cancel(std::uint64_t event) {
  const auto found = times_.find(event);
  if (found == times_.end()) return;
  queue_.erase(When{found->second, event});
  times_.erase(found);
}

bool Clockwork::step(Instant until) {
  if (queue_.empty() || queue_.begin()->first.at > until) return false;
  auto next = queue_.extract(queue_.begin());
  times_.erase(next.key().number);
  now_ = next.key().at;
  ++ran_;
  note(static_cast<std::uint64_t>(now_.since_start.count()));
  note(next.key().number);
  next.mapped()();
  return true;
}

void Clockwork::advance_to(Instant at) {
  check(queue_.empty() || queue_.begin()->first.at >= at, "time would pass over an event");
  now_ = std::max(now_, at);
}

void Clockwork::note(std::uint64_t what) {
  history_ = (history_ ^ what) * 1099511628211U;
  history_ ^= history_ >> 29;
}

}  // namespace sim
