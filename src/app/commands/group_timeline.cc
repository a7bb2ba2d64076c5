#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "app/commands/common.h"
#include "http/client.h"

namespace app {

namespace {

using namespace std::chrono_literals;

struct Options {
  std::string group;
  std::string http = "http://127.0.0.1:8080";
  std::string timeout = "10s";
  bool follow = false;
  bool json = false;
};

Outcome<env::Address> address_of(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  auto address = env::parse_address(rest);
  if (!address) {
    return usage_error(fmt::format("--http: {}", address.error().detail),
                       "Write it like http://127.0.0.1:8080");
  }
  return *std::move(address);
}

// A name may hold anything, and a path may not.
std::string path_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

class Timeline {
 public:
  Timeline(const Options& options, env::Address at, Millis timeout)
      : options_(options), at_(std::move(at)), timeout_(timeout) {}

  // The events that are new since the last call.
  Outcome<Json> read();

 private:
  const Options& options_;
  env::Address at_;
  Millis timeout_;
  Runtime runtime_;
  std::uint64_t last_ = 0;
};

Outcome<Json> Timeline::read() {
  http::Request request;
  request.target = fmt::format("/v1/groups/{}/timeline?after={}", path_part(options_.group), last_);
  const http::FetchLimits limits{.time = timeout_};
  auto answer = runtime_.wait(http::fetch(runtime_.shard(), at_, std::move(request), limits));
  if (!answer) {
    return refused(answer.error().detail,
                   "The timeline is read from Thalweg's HTTP listener; say where it is with "
                   "--http http://HOST:PORT");
  }
  Json body = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200) {
    const bool told = body.is_object() && body["message"].is_string();
    return refused(told ? body["message"].get<std::string>()
                        : fmt::format("{} answers {}", options_.http, answer->status));
  }
  if (!body.is_object() || !body["events"].is_array()) {
    return refused(fmt::format("{} does not answer like Thalweg", options_.http));
  }
  for (const Json& event : body["events"]) {
    last_ = std::max(last_, event.value("number", std::uint64_t{0}));
  }
  return body;
}

std::string text_of(const Json& event, const char* field) {
  const auto found = event.find(field);
  return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string took(const Json& event) {
  const auto found = event.find("took_ms");
  if (found == event.end() || !found->is_number_integer()) return "";
  return human_duration(Millis{found->get<std::int64_t>()});
}

void show(const Json& events) {
  Table table({{"TIME"}, {"WHAT"}, {"TOOK", Align::Right}, {"WHO"}, {"CAUSE"}});
  for (const Json& event : events) {
    table.add({iso_time(Timestamp{event.value("at", std::int64_t{-1})}), text_of(event, "what"),
               took(event), text_of(event, "member"), text_of(event, "cause")});
  }
  print(table);
}

// A line each, in columns that fit what usually comes.
void show_on(const Json& events) {
  for (const Json& event : events) {
    say("{}  {:<20}  {:>10}  {}  {}\n", iso_time(Timestamp{event.value("at", std::int64_t{-1})}),
        printable(text_of(event, "what")), took(event), printable(text_of(event, "member")),
        printable(text_of(event, "cause")));
  }
  flush_output();
}

Outcome<> run(const Options& options) {
  const env::Address at = TRY(address_of(options.http));
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return usage_error("--timeout: " + timeout.error().detail);
  Timeline timeline(options, at, *timeout);
  Json body = TRY(timeline.read());
  if (options.json) {
    print(body);
  } else if (body["events"].empty()) {
    note("nothing has happened to group '{}' since the broker started\n", options.group);
  } else {
    show(body["events"]);
    flush_output();
  }
  if (!options.follow) return {};
  catch_interrupt();
  while (!interrupted()) {
    std::this_thread::sleep_for(500ms);
    body = TRY(timeline.read());
    if (body["events"].empty()) continue;
    if (options.json) {
      print(body);
      flush_output();
    } else {
      show_on(body["events"]);
    }
  }
  return {};
}

}  // namespace

void add_group_timeline(Tree& tree, CLI::App& group) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      group,
      {.name = "timeline",
       .summary = "Show what happened to a group lately, and why",
       .about =
           "Shows a group's last events with their causes: who joined, left or timed out, each "
           "rebalance and how\n"
           "long it took, and what changed. The group's coordinator keeps them in memory since its "
           "start, and\n"
           "gives them on its HTTP listener; other clusters than Thalweg's have no such thing.",
       .examples = {"thalweg group timeline billing", "thalweg group timeline billing --follow",
                    "thalweg group timeline billing --http http://broker-2:8080 --json"},
       .json = R"({"group", "events": [{"number", "at", "what", "member", "cause", "took_ms"}]})"},
      [options] { return run(*options); });
  command.add_option("GROUP", options->group, "Name of the group")->required();
  command.add_flag("-f,--follow", options->follow, "Go on and show what happens next");
  command.add_option("--http", options->http, "The HTTP listener of the group's coordinator")
      ->type_name("URL")
      ->capture_default_str()
      ->group(kClusterGroup);
  command.add_option("--timeout", options->timeout, "How long to wait for one answer")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(kClusterGroup);
  command.add_flag("--json", options->json, "Print JSON for machines instead of a table");
}

}  // namespace app
