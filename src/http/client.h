// Asks one question of an HTTP/1.1 server, on a connection of its own.
#pragma once
#include "env/shard.h"
#include "http/http.h"

namespace http {

struct FetchLimits {
  std::size_t body_bytes = 64 * 1024 * 1024;
  Duration time = std::chrono::seconds(30);
};

// Sends `request` and gives the answer, whatever its status. Errors: no connection, no answer in
// time, an answer that is not HTTP or too long.
env::Task<Result<Response>> fetch(env::Shard& shard, env::Address to, Request request,
                                  FetchLimits limits = {});

}  // namespace http
