#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/commands/common.h"
#include "app/output.h"
#include "broker/server.h"
#include "config/broker_options.h"
#include "config/file.h"
#include "observe/log.h"
#include "posix/process.h"

namespace app {
namespace {

struct ServeOptions {
  std::string data;
  std::string kafka;
  std::string http;
  std::string config;
  std::vector<std::string> settings;
};

// What the node is started with: the file first, then --set, then the options of their own.
Result<config::Pairs> gather(const ServeOptions& options) {
  config::Pairs pairs;
  if (!options.config.empty()) {
    std::ifstream file(options.config, std::ios::binary);
    if (!file) {
      return fail(ErrorCode::InvalidConfig, "cannot read the config file " + options.config);
    }
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    pairs = TRY(config::parse_file(options.config, text));
  }
  for (const std::string& setting : options.settings) TRY_VOID(config::set(pairs, setting));
  if (!options.data.empty()) TRY_VOID(config::set(pairs, "log.dirs=" + options.data));
  if (!options.kafka.empty()) {
    TRY_VOID(env::parse_address(options.kafka));
    TRY_VOID(config::set(pairs, "listeners=PLAINTEXT://" + options.kafka));
  }
  if (!options.http.empty()) TRY_VOID(config::set(pairs, "thalweg.http.listener=" + options.http));
  return pairs;
}

Result<void> set_up_log(const config::BrokerOptions& options) {
  observe::LogSettings settings;
  settings.least = TRY(observe::parse_level(options.log_level));
  settings.format = TRY(observe::parse_format(options.log_format));
  settings.colour = observe::terminal_wants_colour();
  observe::set_log(std::move(settings));
  return {};
}

// How to call this program from the folder where it was started, so that what is shown can be
// pasted.
std::string program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "thalweg";
  const std::filesystem::path here = std::filesystem::current_path(error);
  const std::filesystem::path near = error ? self : self.lexically_proximate(here);
  if (near.string().starts_with("..")) return self.string();
  return near.has_parent_path() ? near.string() : "./" + near.string();
}

void welcome(const broker::Server& server) {
  const std::string kafka = env::to_text(server.kafka());
  const std::string http = env::to_text(server.http());
  note(
      "\n  Thalweg is serving.\n\n"
      "    Kafka protocol   {0}\n"
      "    Metrics, health  http://{1}/metrics  /healthz  /readyz\n\n"
      "  Try, in another terminal:\n\n"
      "    alias thalweg={2}\n"
      "    thalweg topic create orders --partitions 3 -b {0}\n"
      "    echo 'hello' | thalweg produce orders -b {0}\n"
      "    thalweg consume orders -e -b {0}\n"
      "    kcat -b {0} -L\n\n"
      "  Ctrl-C stops it and loses nothing.\n\n",
      kafka, http, program());
  // The line that scripts wait for.
  say("ready kafka={} http={}\n", kafka, http);
  flush_output();
}

// A broker in this process, from the first shard's point of view.
class Running {
 public:
  Running(posix::Process& process, config::Pairs pairs, broker::OpenFiles open_files)
      : process_(process), server_(process.all_shards(), std::move(pairs), open_files) {}

  void begin() {
    env::spawn(server_.start(), [this](Result<void> started) {
      started_ = true;
      if (!started) failure_ = started.error();
      if (!failure_ && !stop_asked_) return welcome(server_);
      end();
    });
  }

  void on_signal(int signal) {
    // Who asks twice does not want to wait. The next start checks the logs.
    if (stop_asked_) std::_Exit(128 + signal);
    stop_asked_ = true;
    observe::info("stopping", {{"signal", signal}});
    if (started_) end();
  }

  const std::optional<Error>& failure() const { return failure_; }

 private:
  void end() { env::spawn(stop()); }
  env::Task<void> stop() {
    co_await server_.stop();
    process_.stop();
  }

  posix::Process& process_;
  broker::Server server_;
  bool started_ = false;
  bool stop_asked_ = false;
  std::optional<Error> failure_;
};

// Half of what may be open is for logs: a partition that is written to needs three files, and
// opening them for each batch costs more than writing it. The rest is for connections.
broker::OpenFiles share_out(std::uint64_t files, int shards) {
  constexpr std::uint64_t kLeast = 512, kMost = 30'000;  // Of one shard's logs.
  constexpr std::uint64_t kBeside = 200;  // Of a shard: syncs, snapshots, its reactor.
  const auto all = static_cast<std::uint64_t>(shards);
  const std::uint64_t each = std::clamp(files / 2 / all, kLeast, kMost);
  const std::uint64_t kept = (each + kBeside) * all + 100;
  return {.connections = files > kept + 100 ? files - kept : 100, .of_logs_each = each};
}

Outcome<> serve(const ServeOptions& options) {
  Result<config::Pairs> pairs = gather(options);
  if (!pairs) return std::unexpected(Failure(kUsage, pairs.error().detail));
  const config::BrokerOptions broker = config::broker_options({.fixed = &*pairs});
  if (const Result<void> log = set_up_log(broker); !log) {
    return std::unexpected(Failure(kUsage, log.error().detail));
  }
  const std::uint64_t files = posix::raise_file_limit();
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  posix::Process process(broker.shards > 0 ? broker.shards : cores);
  Running running(process, std::move(*pairs), share_out(files, process.shards()));
  process.on_signal([&running](int signal) { running.on_signal(signal); });
  process.run([&running](env::Shard& shard) {
    if (shard.index() == 0) running.begin();
  });
  if (running.failure()) return std::unexpected(Failure(*running.failure()));
  return {};
}

}  // namespace

void add_serve(Tree& tree) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "serve",
       .summary = "Run a broker in the foreground",
       .about =
           "Prints one line `ready kafka=HOST:PORT http=HOST:PORT` on standard output once "
           "clients are served. SIGTERM or Ctrl-C stops it in good order; a second one at once.",
       .examples = {"thalweg serve --data ./data",
                    "thalweg serve --data ./data --kafka 0.0.0.0:9092 --set num.partitions=6",
                    "thalweg serve --config thalweg.toml"}},
      [options] { return serve(*options); });
  command.add_option("--data", options->data, "Data folder; made where it is missing (./data)")
      ->type_name("DIR");
  command
      .add_option("--kafka", options->kafka,
                  "Where to serve the Kafka protocol; port 0 picks a free one (127.0.0.1:9092)")
      ->type_name("HOST:PORT");
  command
      .add_option("--http", options->http,
                  "Where to serve health and metrics over HTTP (127.0.0.1:8080)")
      ->type_name("HOST:PORT");
  command
      .add_option("--config", options->config,
                  "Config file: TOML, or Kafka's server.properties by that ending")
      ->type_name("FILE");
  command
      .add_option("--set", options->settings,
                  "One option of docs/configuration.md, over the file's; may be repeated")
      ->type_name("KEY=VALUE");
}

}  // namespace app
