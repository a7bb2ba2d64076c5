#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "app/commands/common.h"
#include "app/encoding.h"
#include "app/line_record.h"
#include "app/lines.h"
#include "app/pace.h"
#include "client/producer.h"

namespace app {

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  ClusterOptions cluster;
  std::string topic;
  std::string file;
  std::string key_separator;
  std::string null_as;
  std::vector<std::string> headers;
  std::string codec = "none";
  std::string acks = "all";
  std::int32_t partition = -1;
  std::int64_t limit = -1;
  double rate = 0;
  std::vector<std::string> properties;
};

struct Tally {
  std::int64_t delivered = 0;
  std::int64_t bytes = 0;
  std::int64_t failed = 0;
  std::optional<Error> first_error;
};

// Waits until it is the turn of the next record.
void wait_for_turn(const Pace& pace, std::int64_t sent, client::Producer& producer) {
  for (Duration left = pace.until(sent); left.count() > 0 && !interrupted();
       left = pace.until(sent)) {
    producer.poll(std::min(std::chrono::ceil<Millis>(left), Millis(50)));
  }
}

std::string progress_line(const Tally& tally, int queued, Clock::time_point start) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double per_second = static_cast<double>(tally.delivered) / std::max(seconds, 1e-3);
  return fmt::format("{} delivered, {} waiting, {} records/s, {}/s", human_count(tally.delivered),
                     queued, human_rate(per_second),
                     human_size(static_cast<std::int64_t>(static_cast<double>(tally.bytes) /
                                                          std::max(seconds, 1e-3))));
}

// The topic must be there: librdkafka alone would wait for it for minutes.
Outcome<> check_topic(const Options& options) {
  const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
  const auto topic =
      session->wait(client::find_topic(session->cluster(), TopicName{options.topic}));
  if (!topic) {
    Failure failure(topic.error());
    if (topic.error().code == ErrorCode::UnknownTopicOrPartition) {
      failure.hint = fmt::format("Create it with: thalweg topic create {}", options.topic);
    }
    return std::unexpected(std::move(failure));
  }
  const auto partitions = static_cast<std::int32_t>(topic->partitions.size());
  if (options.partition >= partitions) {
    return refused(fmt::format("topic '{}' has no partition {}; it has 0 to {}", options.topic,
                               options.partition, partitions - 1));
  }
  return {};
}

Outcome<std::unique_ptr<client::Producer>> open_producer(const Options& options, Tally& tally) {
  client::ProducerSettings settings{
      .bootstrap = options.cluster.bootstrap, .codec = options.codec, .acks = options.acks};
  settings.more["linger.ms"] = "5";
  settings.more["delivery.timeout.ms"] =
      fmt::format("{}", TRY(parse_duration(options.cluster.timeout)).count());
  for (const Setting& setting : TRY(parse_settings(options.properties, "--property"))) {
    settings.more[setting.name] = setting.value;
  }
  return TRY(
      client::Producer::open(std::move(settings), [&tally](const client::Delivery& delivery) {
        if (delivery.error) {
          ++tally.failed;
          if (!tally.first_error) tally.first_error = delivery.error;
        } else {
          ++tally.delivered;
          tally.bytes += static_cast<std::int64_t>(delivery.bytes);
        }
      }));
}

Outcome<> send_lines(const Options& options, Lines& lines, client::Producer& producer,
                     const Tally& tally) {
  const std::vector<Setting> headers = TRY(parse_settings(options.headers, "--header"));
  const LineFormat format{.key_separator = unescape(options.key_separator),
                          .null_as = options.null_as};
  const Clock::time_point start = Clock::now();
  const Pace pace(options.rate);
  Progress progress(!options.cluster.json && !is_terminal(stdin));
  std::int64_t sent = 0;
  while (!interrupted() && !tally.first_error && (options.limit < 0 || sent < options.limit)) {
    wait_for_turn(pace, sent, producer);
    const std::optional<std::string_view> line = TRY(lines.next());
    if (!line) break;
    client::RecordView record = parse_line(*line, format);
    record.topic = options.topic;
    record.partition = PartitionIndex{options.partition};
    for (const Setting& header : headers)
      record.headers.push_back({header.name, as_bytes(header.value)});
    TRY_VOID(producer.send(record));
    ++sent;
    producer.poll(Millis(0));
    progress.show([&] { return progress_line(tally, producer.queued(), start); });
  }
  while (producer.queued() > 0 && !tally.first_error) {
    producer.poll(Millis(100));
    progress.show([&] { return progress_line(tally, producer.queued(), start); });
  }
  return {};
}

Outcome<> run(const Options& options) {
  TRY_VOID(check_topic(options));
  catch_interrupt();
  Lines lines = TRY(Lines::open(options.file));
  Tally tally;
  const std::unique_ptr<client::Producer> producer = TRY(open_producer(options, tally));
  const Clock::time_point start = Clock::now();
  if (is_terminal(stdin) && options.file.empty()) {
    note("One record per line; end with Ctrl-D.\n");
  }
  TRY_VOID(send_lines(options, lines, *producer, tally));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (options.cluster.json) {
    print(Json{{"topic", options.topic},
               {"delivered", tally.delivered},
               {"bytes", tally.bytes},
               {"failed", tally.failed},
               {"seconds", seconds}});
  } else {
    note("{} record{} ({}) to '{}' in {}\n", human_count(tally.delivered),
         tally.delivered == 1 ? "" : "s", human_size(tally.bytes), options.topic,
         human_duration(
             std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds))));
  }
  if (tally.first_error) {
    return refused(fmt::format("{} of the records sent were refused: {}", tally.failed,
                               tally.first_error->detail));
  }
  return {};
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("TOPIC", options.topic, "Name of the topic")->required();
  command
      .add_option("-f,--file", options.file, "Read lines from this file instead of standard input")
      ->type_name("FILE");
  command
      .add_option("-k,--key-separator", options.key_separator,
                  "What parts key and value in a line; without it lines are values and have no key")
      ->type_name("TEXT");
  command.add_option("--null-as", options.null_as, "A key or value that is just this word is null")
      ->type_name("WORD");
  command.add_option("-H,--header", options.headers, "A header for every record; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("-p,--partition", options.partition,
                  "Into this partition; without it, the key decides")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("-z,--codec", options.codec, "Compress with none, gzip, snappy, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->type_name("CODEC")
      ->capture_default_str();
  command
      .add_option("--acks", options.acks,
                  "Wait for all replicas in sync, for 1 (the leader), or for 0")
      ->check(CLI::IsMember({"all", "-1", "1", "0"}))
      ->type_name("ACKS")
      ->capture_default_str();
  command.add_option("-n,--count", options.limit, "Stop after so many records")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--rate", options.rate, "Send so many records a second at most")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      .add_option("-X,--property", options.properties, "A property of librdkafka; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_cluster_options(command, options.cluster);
}

}  // namespace

void add_produce(Tree& tree) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "produce",
       .summary = "Write lines as records to a topic",
       .about = "Writes each line of standard input, or of a file, as a record to a topic. Ends "
                "when all are\n"
                "acknowledged; fails if one was refused.",
       .examples = {"echo 'hello' | thalweg produce orders",
                    "thalweg produce orders -k : -z zstd -f orders.txt   # lines like key:value",
                    "seq 1000 | thalweg produce orders --rate 100 -H source=test"},
       .json = R"({"topic", "delivered", "bytes", "failed", "seconds"})"},
      [options] { return run(*options); });
  add_options(command, *options);
}

}  // namespace app
