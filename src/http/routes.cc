#include "http/routes.h"

#include <algorithm>
#include <set>

namespace http {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_name(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }

// The path and query of a target, which may also be a whole URL.
std::string_view local_part(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

Result<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  for (const std::string& pair : split(text, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view rest = std::string_view(pair).substr(std::min(equals + 1, pair.size()));
    std::string key = TRY(percent_decode(std::string_view(pair).substr(0, equals), true));
    query[std::move(key)] = TRY(percent_decode(rest, true));
  }
  return query;
}

// What of the request's address is compared with patterns: its parts, decoded one by one, so that
// an escaped slash does not part.
Result<std::vector<std::string>> take_apart(Request& request) {
  const std::string_view target = local_part(request.target);
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = TRY(percent_decode(target.substr(0, mark)));
  if (mark < target.size()) request.query = TRY(parse_query(target.substr(mark + 1)));
  std::vector<std::string> parts = split(target.substr(0, mark), '/');
  for (std::string& part : parts) part = TRY(percent_decode(part));
  return parts;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  return std::ranges::equal(pattern, parts, [](const std::string& p, const std::string& part) {
    return is_name(p) ? !part.empty() : p == part;
  });
}

}  // namespace

void Routes::add(std::string method, const std::string& pattern, Handler handler,
                 std::size_t body_bytes) {
  Route route{std::move(method), split(pattern, '/'), std::move(handler), body_bytes};
  const auto names = [](const Route& r) { return std::ranges::count_if(r.parts, is_name); };
  const auto at = std::ranges::upper_bound(routes_, names(route), {}, names);
  routes_.insert(at, std::move(route));
}

Routes::Found Routes::find(Request& request) const {
  const Result<std::vector<std::string>> parts = take_apart(request);
  if (!parts) return {nullptr, problem(400, parts.error().detail)};
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (!fits(route.parts, *parts)) continue;
    const bool head = request.method == "HEAD" && route.method == "GET";
    if (route.method != request.method && !head) {
      allowed.insert(route.method);
      continue;
    }
    for (std::size_t i = 0; i < parts->size(); ++i) {
      const std::string& pattern = route.parts[i];
      if (is_name(pattern)) request.params[pattern.substr(1, pattern.size() - 2)] = (*parts)[i];
    }
    return {&route};
  }
  if (allowed.empty()) return {nullptr, problem(404, "there is nothing at " + request.path)};
  if (allowed.contains("GET")) allowed.insert("HEAD");
  std::string list;
  for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
  Response refusal =
      problem(405, request.method + " is not possible at " + request.path + "; " + list + " is");
  refusal.headers.push_back({"Allow", list});
  return {nullptr, std::move(refusal)};
}

}  // namespace http
