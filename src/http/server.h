// Serves HTTP/1.1 on one shard: few connections, each with one request at a time.
//
//   http::Server server(shard, {});
//   server.route("GET", "/subjects/{subject}/versions", handler);
//   CO_TRY_VOID(server.listen({"127.0.0.1", 8080}));
//   ...
//   co_await server.stop();  // Lets what is being answered finish. Needed before destruction.
//
// A request is refused before its handler runs when its head or body is too large or too slow, or
// when two readers could disagree about where it ends.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/shard.h"
#include "env/sync.h"
#include "http/http.h"

namespace http {

using Handler = std::function<env::Task<Response>(Request)>;

struct Limits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t body_bytes = 16 * 1024 * 1024;      // A route may set its own.
  Duration head_time = std::chrono::seconds(10);  // From a request's first byte to its head's end.
  Duration body_time = std::chrono::seconds(60);
  Duration idle_time = std::chrono::seconds(60);  // Between requests, and for a write to get on.
  int connections = 1000;
};

class Server {
 public:
  Server(env::Shard& shard, Limits limits);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Before listen. In `pattern`, {name} stands for one whole part of the path. GET answers HEAD
  // too. The handler must outlive its tasks' first suspension: let it be a plain function or a
  // lambda that calls one.
  void route(std::string method, std::string pattern, Handler handler, std::size_t body_bytes = 0);

  Result<void> listen(const env::Address& at);
  const env::Address& address() const;  // With the port that was picked for port 0.

  // Takes no more connections or requests, and returns when the last answer is out.
  env::Task<void> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace http
