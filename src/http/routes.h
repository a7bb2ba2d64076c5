// Which handler answers a request.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"

namespace http {

class Routes {
 public:
  struct Route {
    std::string method;
    std::vector<std::string> parts;  // Of the pattern; {name} stands for anything.
    Handler handler;
    std::size_t body_bytes = 0;  // 0: the server's.
  };
  // The route, or the answer that there is none.
  struct Found {
    const Route* route = nullptr;
    Response refusal = {};
  };

  void add(std::string method, const std::string& pattern, Handler handler, std::size_t body_bytes);

  // Takes the target apart and fills in path, params and query. Where several patterns fit, the one
  // with the fewest {names} has it.
  Found find(Request& request) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace http
