#include <fmt/format.h>

#include <chrono>
#include <set>

#include "app/commands/common.h"
#include "app/consume_plan.h"
#include "app/record_format.h"
#include "client/consumer.h"
#include "client/offsets.h"

namespace app {

namespace {

struct Options {
  ClusterOptions cluster;
  std::vector<std::string> topics;
  std::string from;  // Empty: the start, or what the group has committed.
  std::string to;
  std::int32_t partition = -1;
  std::int64_t limit = -1;
  std::string group;
  bool exit_at_end = false;
  std::string format = "%v";
  std::string output = "text";
  std::string null_as;
  bool uncommitted = false;
  std::vector<std::string> properties;
};

Timestamp wall_now() {
  return Timestamp{
      std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

Encoding encoding_of(const std::string& name) {
  if (name == "hex") return Encoding::Hex;
  return name == "base64" ? Encoding::Base64 : Encoding::Text;
}

Outcome<Position> position_of(const std::string& text, Timestamp now, std::string_view option) {
  const Result<Position> position = parse_position(text, now);
  if (!position) return usage_error(fmt::format("{}: {}", option, position.error().detail));
  return *position;
}

// Where `position` is in each partition, as an offset.
Outcome<std::map<TopicPartition, Offset>> resolve(
    Session& session, const std::vector<client::TopicInfo>& topics,
    const std::map<TopicPartition, client::Range>& ranges, const Position& position) {
  std::map<TopicPartition, client::FoundOffset> at_time;
  if (const auto* time = std::get_if<AtTime>(&position)) {
    at_time = TRY(session.wait(client::list_offsets(session.cluster(), topics, time->time)));
  }
  std::map<TopicPartition, Offset> offsets;
  for (const auto& [partition, range] : ranges) {
    const auto found = at_time.find(partition);
    std::optional<Offset> young;
    if (found != at_time.end() && found->second.offset.value >= 0) young = found->second.offset;
    offsets[partition] = offset_at(position, range, young);
  }
  return offsets;
}

// What is to be read, decided before the first record is fetched.
Outcome<ReadPlan> make_plan(Session& session, const Options& options, Timestamp now) {
  const Position from =
      TRY(position_of(options.from.empty() ? "earliest" : options.from, now, "--from"));
  std::vector<client::TopicInfo> topics;
  for (const std::string& name : options.topics) {
    client::TopicInfo topic =
        TRY(session.wait(client::find_topic(session.cluster(), TopicName{name})));
    if (options.partition >= 0) {
      std::erase_if(topic.partitions, [&](const client::Partition& one) {
        return one.index.value != options.partition;
      });
      if (topic.partitions.empty()) {
        return refused(fmt::format("topic '{}' has no partition {}", name, options.partition));
      }
    }
    topics.push_back(std::move(topic));
  }
  const auto ranges = TRY(session.wait(client::ranges(session.cluster(), topics)));
  auto starts = TRY(resolve(session, topics, ranges, from));
  std::optional<std::map<TopicPartition, Offset>> stops;
  if (!options.to.empty()) {
    const Position to = TRY(position_of(options.to, now, "--to"));
    stops = TRY(resolve(session, topics, ranges, to));
  } else if (options.exit_at_end) {
    stops.emplace();
    for (const auto& [partition, range] : ranges) (*stops)[partition] = range.end;
  }
  return ReadPlan(std::move(starts), std::move(stops));
}

Outcome<std::unique_ptr<client::Consumer>> open_consumer(const Options& options) {
  client::ConsumerSettings settings{.bootstrap = options.cluster.bootstrap,
                                    .group = options.group,
                                    .reset = options.from.empty() ? "earliest" : options.from,
                                    .read_committed = !options.uncommitted};
  for (const Setting& setting : TRY(parse_settings(options.properties, "--property"))) {
    settings.more[setting.name] = setting.value;
  }
  return TRY(client::Consumer::open(std::move(settings)));
}

// Prints records until the plan is done, the count is reached or somebody interrupts.
class Printer {
 public:
  Printer(const Options& options, RecordFormat format, ReadPlan plan)
      : options_(options), format_(std::move(format)), plan_(std::move(plan)) {}

  Outcome<> run(client::Consumer& consumer) {
    while (!interrupted() && !done()) {
      // What was found goes out before waiting for more.
      client::Polled polled = TRY(consumer.poll(Millis(0)));
      if (!polled.record && !polled.end) {
        if (!flush()) break;
        polled = TRY(consumer.poll(Millis(100)));
      }
      if (polled.record) take(*polled.record);
      if (polled.end) note_end(*polled.end);
      if (group_is_at_end(consumer)) break;
      if (out_.size() >= kOutputChunk && !flush()) break;
    }
    flush();
    return {};
  }
  std::int64_t printed() const { return printed_; }

 private:
  static constexpr std::size_t kOutputChunk = 64 << 10;

  bool done() const { return (options_.limit >= 0 && printed_ >= options_.limit) || plan_.done(); }

  void take(const client::RecordView& record) {
    const TopicPartition partition{TopicName{std::string(record.topic)}, record.partition};
    if (plan_.wants(partition, record.offset)) {
      format_.print(record, out_);
      ++printed_;
    }
    plan_.reached(partition, Offset{record.offset.value + 1});
    ended_.erase(partition);
  }

  void note_end(const client::EndOfPartition& end) {
    plan_.reached(end.partition, end.offset);
    if (!options_.exit_at_end) return;
    plan_.ended(end.partition);
    ended_.insert(end.partition);
  }

  // A member learns from the group what it reads, so its end is that of what it was given.
  bool group_is_at_end(const client::Consumer& consumer) const {
    if (options_.group.empty() || ended_.empty()) return false;
    return ended_.size() >= consumer.assigned();
  }

  // False when nobody reads any more, as with `| head`.
  bool flush() {
    const bool written = write_text(stdout, out_) && flush_output();
    out_.clear();
    return written;
  }

  const Options& options_;
  RecordFormat format_;
  ReadPlan plan_;
  std::set<TopicPartition> ended_;  // Partitions at whose end reading is, for now.
  std::string out_;
  std::int64_t printed_ = 0;
};

Outcome<> check(const Options& options) {
  if (options.group.empty()) return {};
  if (options.partition >= 0 || !options.to.empty()) {
    return usage_error(
        "--group shares the partitions out by itself, so --partition and --to do not go with it");
  }
  if (!options.from.empty() && options.from != "earliest" && options.from != "latest") {
    return usage_error(
        "with --group, --from is earliest or latest, and counts only where nothing is committed",
        "To move a group use: thalweg group reset");
  }
  return {};
}

Outcome<RecordFormat> format_of(const Options& options) {
  if (options.cluster.json || options.format == "json") return RecordFormat::json();
  auto format = RecordFormat::parse(options.format, encoding_of(options.output), options.null_as);
  if (!format) return usage_error(format.error().detail);
  return *std::move(format);
}

Outcome<> run(const Options& options) {
  if (Outcome<> fine = check(options); !fine) return fine;
  RecordFormat format = TRY(format_of(options));
  ReadPlan plan;
  {
    const std::unique_ptr<Session> session = TRY(Session::open(options.cluster));
    plan = TRY(make_plan(*session, options, wall_now()));
  }
  catch_interrupt();
  const std::unique_ptr<client::Consumer> consumer = TRY(open_consumer(options));
  if (options.group.empty()) {
    std::vector<client::Start> starts;
    for (const auto& [partition, offset] : plan.starts()) starts.push_back({partition, offset});
    if (starts.empty()) return {};
    TRY_VOID(consumer->assign(starts));
  } else {
    plan = {};  // The group decides what this member reads.
    std::vector<TopicName> topics;
    for (const std::string& name : options.topics) topics.emplace_back(name);
    TRY_VOID(consumer->subscribe(topics));
  }
  Printer printer(options, std::move(format), std::move(plan));
  TRY_VOID(printer.run(*consumer));
  if (!options.group.empty()) TRY_VOID(consumer->commit());
  return {};
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("TOPIC", options.topics, "Names of the topics")->required();
  command.add_option("--from", options.from, fmt::format("Where to start: {}", kPositionHelp))
      ->type_name("POSITION")
      ->default_str("earliest");
  command
      .add_option("--to", options.to, "Where to stop, before that record: a position as for --from")
      ->type_name("POSITION");
  command.add_flag("-e,--exit-at-end", options.exit_at_end,
                   "Stop at what is the end now, instead of waiting for more");
  command.add_option("-n,--count", options.limit, "Stop after so many records")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("-p,--partition", options.partition, "Only this partition")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("-g,--group", options.group,
                  "Read as a member of this group, and commit what was read")
      ->type_name("GROUP");
  command
      .add_option("--format", options.format,
                  "How to print: 'json', or a template of %k key, %v value, %o offset, %p "
                  "partition, %t topic, "
                  "%T time (ms), %I time (ISO), %h headers, %S size, with \\n, \\t, \\xHH")
      ->type_name("TEMPLATE")
      ->capture_default_str();
  command
      .add_option("--output", options.output,
                  "Print keys, values and headers as text, hex or base64")
      ->check(CLI::IsMember({"text", "hex", "base64"}))
      ->type_name("KIND")
      ->capture_default_str();
  command.add_option("--null-as", options.null_as, "How to print a null key or value")
      ->type_name("WORD");
  command.add_flag("--uncommitted", options.uncommitted,
                   "Records of open and aborted transactions too");
  command
      .add_option("-X,--property", options.properties, "A property of librdkafka; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_cluster_options(command, options.cluster);
}

}  // namespace

void add_consume(Tree& tree) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "consume",
       .summary = "Print the records of topics",
       .about =
           "Prints the records of topics, from the start on, and waits for more as tail -f does; "
           "with\n"
           "--exit-at-end it stops where the topics end now. Without --group nothing is committed.",
       .examples = {"thalweg consume orders --exit-at-end",
                    "thalweg consume orders --from -10 --format '%p@%o %k=%v'",
                    "thalweg consume orders --from -1h --json -e | jq .value",
                    "thalweg consume orders --group billing"},
       .json = R"(one object per line: {"topic", "partition", "offset", "timestamp", "key", "value",
  "headers": [{"name", "value"}]}; what is not UTF-8 goes by as "key_base64", "value_base64")"},
      [options] { return run(*options); });
  add_options(command, *options);
}

}  // namespace app
