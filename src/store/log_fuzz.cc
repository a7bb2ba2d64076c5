// A partition's folder with hostile bytes: opening it must end, with a log or with an error. What
// recovery then serves is the longest run of whole batches with right checksums from the start on,
// no byte more and none less, and it is the same after a clean restart.
#include <algorithm>
#include <string>

#include "sim/world.h"
#include "store/log.h"
#include "wire/record_batch.h"

namespace store {
namespace {

constexpr const char* kFolder = "/data/t-0";
constexpr std::size_t kAll = std::size_t{1} << 24;

struct Flags {
  bool index, time_index, epochs, clean;
  Offset recovery_point;
  unsigned bad_sums;  // Batches whose checksum is left as it came.
};

// A folder's bytes, and what opening it is told.
struct Case {
  Flags flags;
  Bytes index, time_index, epochs;
  ByteVector log;
};

// Makes the checksums of the batches right, but for those that the input chose.
void mend(ByteVector& log, unsigned bad_sums) {
  MutableBytes rest = log;
  for (; rest.size() >= wire::kBatchOverhead; bad_sums >>= 1) {
    const auto header = wire::peek_batch(rest);
    if (!header || !*header || (*header)->size() > rest.size()) return;
    const MutableBytes batch = rest.first((*header)->size());
    if ((bad_sums & 1) == 0) {
      wire::set_max_timestamp(batch, (*header)->timestamp_type, (*header)->max_timestamp);
    }
    rest = rest.subspan(batch.size());
  }
}

// How the input is laid out: flags, the sizes of two index files, then the three files.
Case take_case(Bytes input) {
  const auto take = [&](std::size_t size) {
    const Bytes part = input.first(std::min(size, input.size()));
    input = input.subspan(part.size());
    return part;
  };
  const Bytes head = take(4);
  const auto bits = std::to_integer<unsigned>(head[0]);
  Case made{.flags = {.index = (bits & 1) != 0,
                      .time_index = (bits & 2) != 0,
                      .epochs = (bits & 4) != 0,
                      .clean = (bits & 8) != 0,
                      .recovery_point = Offset{bits >> 4},
                      .bad_sums = std::to_integer<unsigned>(head[3])},
            .index = {},
            .time_index = {},
            .epochs = {},
            .log = {}};
  if (made.flags.index) made.index = take(std::to_integer<std::size_t>(head[1]));
  if (made.flags.time_index) made.time_index = take(std::to_integer<std::size_t>(head[2]));
  if (made.flags.epochs) made.epochs = take(20);
  made.log = to_vector(input);
  mend(made.log, made.flags.bad_sums);
  return made;
}

// What there is to serve, found without the code that is tried here.
Bytes intact(Bytes log) {
  std::size_t end = 0;
  for (Offset next{0}; log.size() - end >= wire::kBatchOverhead;) {
    const auto header = wire::peek_batch(log.subspan(end));
    if (!header || !*header || (*header)->size() > log.size() - end) break;
    const Bytes batch = log.subspan(end, (*header)->size());
    const bool follows = (*header)->base_offset >= next && (*header)->last_offset_delta >= 0 &&
                         (*header)->last_offset().value <= INT32_MAX;
    if (!wire::checksum_matches(batch) || !follows) break;
    end += batch.size();
    next = (*header)->next_offset();
  }
  return log.first(end);
}

class Machine {
 public:
  Machine() : world_(1), machine_(world_.add_machine()), syncer_(shard()), cache_(files(), {}) {
    check(files().make_dirs(kFolder).has_value());
    topic_.value.bytes[0] = std::byte{1};
  }

  void put(const std::string& name, Bytes bytes) {
    const auto file = files().open(std::string(kFolder) + "/" + name, env::OpenMode::CreateNew);
    check(file.has_value());
    check(world_.run((*file)->write(0, {&bytes, 1})).has_value());
  }
  std::unique_ptr<Log> open(OpenFacts facts) {
    auto opened = world_.run(Log::open(shard(), syncer_, cache_, kFolder, topic_,
                                       std::make_shared<LogOptions>(), facts));
    return opened ? std::move(opened->log) : nullptr;
  }
  Result<ByteVector> read(Log& log) {
    return world_.run(log.read_bytes(log.log_start(), kAll, log.log_end()));
  }
  // Looks up, scans and cuts; whatever comes out is fine as long as it comes.
  void use(Log& log) {
    const auto found = world_.run(log.find_by_time(Timestamp{1000}));
    const auto newest = world_.run(log.find_max_time());
    const auto scanned = world_.run(log.scan(log.log_start(), log.log_end(), ScanDetail::Headers,
                                             [](Bytes) { return Result<void>{}; }));
    const auto aborted = world_.run(log.aborted_within(log.log_start(), log.log_end()));
    check(aborted.has_value(), "an index that was not believed is read");
    const auto cut = world_.run(log.truncate_to(Offset{log.log_end().value / 2}));
    (void)found, (void)newest, (void)scanned, (void)cut;
  }
  void close(std::unique_ptr<Log> log) {
    (void)world_.run(log->close());
    world_.run_until_idle();
  }

 private:
  env::Shard& shard() { return machine_.shard(0); }
  env::Files& files() { return shard().files(); }

  sim::World world_;
  sim::Machine& machine_;
  Syncer syncer_;
  FileCache cache_;
  TopicId topic_{Uuid{}};
};

void open_hostile(Bytes input) {
  if (input.size() < 4) return;
  const Case given = take_case(input);
  const Flags& flags = given.flags;
  Machine machine;
  const std::string base = "00000000000000000000";
  if (flags.index) machine.put(base + ".index", given.index);
  if (flags.time_index) machine.put(base + ".timeindex", given.time_index);
  if (flags.time_index) machine.put(base + ".txnindex", given.time_index);
  if (flags.epochs) machine.put("leader-epoch-checkpoint", given.epochs);
  machine.put(base + ".log", given.log);

  auto log =
      machine.open({.clean = flags.clean, .recovery_point = flags.recovery_point, .log_start = {}});
  check(log || flags.clean, "an unclean folder could not be opened");
  if (!log) return;
  const auto served = machine.read(*log);
  // What was shut down cleanly, or lies below the recovery point, is not checked again.
  const bool checked = !flags.clean && flags.recovery_point == Offset{0};
  if (checked) {
    check(served && std::ranges::equal(*served, intact(given.log)), "not the intact prefix");
    const OpenFacts clean{.clean = true, .recovery_point = log->log_end(), .log_start = {}};
    machine.close(std::move(log));
    log = machine.open(clean);
    check(log != nullptr, "what recovery left behind could not be opened");
    const auto again = machine.read(*log);
    check(again && *again == *served, "a restart changed the log");
  }
  machine.use(*log);
  machine.close(std::move(log));
}

}  // namespace
}  // namespace store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  store::open_hostile({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
