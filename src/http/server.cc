#include "http/server.h"

#include <array>
#include <ctime>
#include <set>

#include "http/parse.h"
#include "http/routes.h"
#include "observe/log.h"

namespace http {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr Duration kLinger = std::chrono::seconds(2);

// In HTTP's form: Mon, 23 Nov 2026 12:00:00 GMT.
std::string date_of(Timestamp at) {
  const auto seconds = static_cast<std::time_t>(at.value / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

// Closes a connection unless put off or dropped in time.
class Deadline {
 public:
  Deadline(env::Shard& shard, env::Connection& connection)
      : shard_(shard), connection_(connection) {}
  ~Deadline() { shard_.cancel(timer_); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void in(Duration time) {
    shard_.cancel(timer_);
    timer_ = shard_.arm(shard_.now() + time, [this] { connection_.close(); });
  }

 private:
  env::Shard& shard_;
  env::Connection& connection_;
  env::TimerId timer_;
};

}  // namespace

struct Server::Impl {
  Impl(env::Shard& s, Limits l) : shard(s), limits(l), gate(s) {}

  // One client: its connection and what of its bytes is not used yet.
  struct Client {
    Client(env::Shard& shard, env::ConnectionPtr c)
        : connection(std::move(c)), deadline(shard, *connection) {}
    env::ConnectionPtr connection;
    Deadline deadline;
    ByteVector unused;
  };
  // A request that is whole, or the answer that it is refused with.
  struct Received {
    bool gone = false;
    const Routes::Route* route = nullptr;
    Request request = {};
    Response refusal = {};
    bool keep_alive = false;
  };

  env::Task<void> accept_all();
  env::Task<void> serve(env::ConnectionPtr connection);
  env::Task<bool> wait_for_request(Client& client);
  env::Task<bool> read_more(Client& client);
  env::Task<Received> receive(Client& client);
  env::Task<Received> receive_body(Client& client, RequestParser& parser, Received received);
  env::Task<bool> send(Client& client, std::string bytes);
  env::Task<bool> answer(Client& client, Received received);
  env::Task<void> linger(Client& client);

  env::Shard& shard;
  Limits limits;
  Routes routes;
  std::unique_ptr<env::Listener> listener;
  std::set<env::Connection*> idle;  // Waiting for a request to begin.
  int open = 0;
  bool stopping = false;
  env::Gate gate;
};

Server::Server(env::Shard& shard, Limits limits) : impl_(std::make_shared<Impl>(shard, limits)) {}
Server::~Server() { check(impl_->gate.running() == 0, "an HTTP server dropped before stop()"); }

void Server::route(std::string method, std::string pattern, Handler handler,
                   std::size_t body_bytes) {
  check(!impl_->listener, "routes are set before listening");
  impl_->routes.add(std::move(method), pattern, std::move(handler), body_bytes);
}

Result<void> Server::listen(const env::Address& at) {
  impl_->listener = TRY(impl_->shard.network().listen(at));
  impl_->gate.spawn(impl_->accept_all());
  return {};
}

const env::Address& Server::address() const { return impl_->listener->local(); }

env::Task<void> Server::stop() {
  impl_->stopping = true;
  if (impl_->listener) impl_->listener->close();
  for (env::Connection* const connection : impl_->idle) connection->close();
  co_await impl_->gate.drain();
}

env::Task<void> Server::Impl::accept_all() {
  while (true) {
    Result<std::unique_ptr<env::Accepted>> accepted = co_await listener->accept();
    if (!accepted) {
      if (!stopping) observe::error("HTTP stopped listening", {{"why", accepted.error()}});
      co_return;
    }
    if (open >= limits.connections) continue;  // Dropping it closes it.
    Result<env::ConnectionPtr> connection = shard.network().adopt(std::move(*accepted));
    if (connection) gate.spawn(serve(std::move(*connection)));
  }
}

env::Task<void> Server::Impl::serve(env::ConnectionPtr connection) {
  ++open;
  Client client(shard, std::move(connection));
  while (!stopping) {
    const bool begun = co_await wait_for_request(client);
    if (!begun) break;
    Received received = co_await receive(client);
    if (received.gone) break;
    const bool again = co_await answer(client, std::move(received));
    if (!again) break;
  }
  --open;
}

// Until the first byte of a request is there.
env::Task<bool> Server::Impl::wait_for_request(Client& client) {
  if (!client.unused.empty()) co_return true;
  client.deadline.in(limits.idle_time);
  idle.insert(client.connection.get());
  const bool more = co_await read_more(client);
  idle.erase(client.connection.get());
  co_return more;
}

env::Task<bool> Server::Impl::read_more(Client& client) {
  const std::size_t before = client.unused.size();
  client.unused.resize(before + kReadBytes);
  const Result<std::size_t> got =
      co_await client.connection->read(MutableBytes(client.unused).subspan(before));
  client.unused.resize(before + got.value_or(0));
  co_return got.has_value() && *got > 0;
}

namespace {

// Has the parser take what it can of the client's unused bytes.
Taken<void> put_unused(RequestParser& parser, ByteVector& unused) {
  while (!unused.empty() && !parser.done()) {
    const bool had_head = parser.head_done();
    const Taken<std::size_t> taken = parser.put(unused);
    if (!taken) return std::unexpected(taken.error());
    unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(*taken));
    if (*taken == 0 || had_head != parser.head_done()) break;
  }
  return {};
}

}  // namespace

env::Task<Server::Impl::Received> Server::Impl::receive(Client& client) {
  RequestParser parser(limits.head_bytes, limits.body_bytes);
  client.deadline.in(limits.head_time);
  Received received;
  while (true) {
    const Taken<void> fine = put_unused(parser, client.unused);
    if (!fine) {
      received.refusal = problem(fine.error().status, fine.error().why);
      co_return received;
    }
    if (parser.head_done()) break;
    const bool more = co_await read_more(client);
    if (!more) co_return Received{.gone = true};
  }
  received.request = parser.head();
  Routes::Found found = routes.find(received.request);
  received.route = found.route;
  received.refusal = std::move(found.refusal);
  received.keep_alive = parser.framing().keep_alive;
  if (found.route && found.route->body_bytes > 0) parser.limit_body(found.route->body_bytes);
  received = co_await receive_body(client, parser, std::move(received));
  co_return received;
}

env::Task<Server::Impl::Received> Server::Impl::receive_body(Client& client, RequestParser& parser,
                                                             Received received) {
  client.deadline.in(limits.body_time);
  if (parser.framing().expects_continue && !parser.done() && received.route) {
    const bool sent = co_await send(client, "HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return Received{.gone = true};
  }
  while (!parser.done()) {
    const Taken<void> fine = put_unused(parser, client.unused);
    if (!fine) {
      received.route = nullptr;
      received.keep_alive = false;
      received.refusal = problem(fine.error().status, fine.error().why);
      co_return received;
    }
    if (parser.done()) break;
    const bool more = co_await read_more(client);
    if (!more) co_return Received{.gone = true};
  }
  received.request.body = parser.take().body;
  co_return received;
}

env::Task<bool> Server::Impl::send(Client& client, std::string bytes) {
  client.deadline.in(limits.idle_time);
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(to_vector(as_bytes(bytes)));
  const Result<void> sent = co_await client.connection->write(std::move(chunks));
  co_return sent.has_value();
}

// Gives whether the connection can take another request.
env::Task<bool> Server::Impl::answer(Client& client, Received received) {
  Response response = std::move(received.refusal);
  const bool with_body = received.request.method != "HEAD";
  if (received.route) {
    client.deadline.in(std::chrono::hours(24));  // How long an answer takes is the handler's.
    response = co_await received.route->handler(std::move(received.request));
  }
  const bool again = received.keep_alive && !stopping;
  const bool sent =
      co_await send(client, to_bytes(response, date_of(shard.wall()), again, with_body));
  if (sent && !again && !received.route) co_await linger(client);
  co_return sent&& again;
}

// Closing on a client that still sends would take our answer away from it. Read on for a moment.
env::Task<void> Server::Impl::linger(Client& client) {
  client.deadline.in(kLinger);
  idle.insert(client.connection.get());
  bool more = !stopping;
  while (more) {
    client.unused.clear();
    more = co_await read_more(client);
  }
  idle.erase(client.connection.get());
}

}  // namespace http
