// A partition's folder with hostile bytes: opening it must end, with a log that serves what it says
// or with an error.
#include <string>

#include "sim/world.h"
#include "store/log.h"

namespace store {
namespace {

void put(env::Files& files, sim::World& world, const std::string& path, Bytes bytes) {
  const auto file = files.open(path, env::OpenMode::CreateNew);
  check(file.has_value());
  check(world.run((*file)->write(0, {&bytes, 1})).has_value());
}

// Reads, looks up and appends; whatever comes out is fine as long as it comes.
void use(sim::World& world, Log& log) {
  const auto all = world.run(log.read_bytes(log.log_start(), 1 << 20, log.log_end()));
  const auto found = world.run(log.find_by_time(Timestamp{1000}));
  const auto newest = world.run(log.find_max_time());
  const auto scanned = world.run(log.scan(log.log_start(), log.log_end(), ScanDetail::Headers,
                                          [](Bytes) { return Result<void>{}; }));
  const auto cut = world.run(log.truncate_to(Offset{log.log_end().value / 2}));
  const auto closed = world.run(log.close());
  (void)all, (void)found, (void)newest, (void)scanned, (void)cut, (void)closed;
}

}  // namespace

// How the input is laid out: flags, the sizes of two index files, then the three files.
void open_hostile(Bytes input) {
  if (input.size() < 3) return;
  const auto take = [&](std::size_t size) {
    const Bytes part = input.first(std::min(size, input.size()));
    input = input.subspan(part.size());
    return part;
  };
  const Bytes head = take(3);
  const auto flags = std::to_integer<unsigned>(head[0]);
  sim::World world(1);
  sim::Machine& machine = world.add_machine();
  env::Files& files = machine.shard(0).files();
  const std::string folder = "/data/t-0";
  check(files.make_dirs(folder).has_value());
  const std::string base = folder + "/00000000000000000000";
  if (flags & 1) put(files, world, base + ".index", take(std::to_integer<std::size_t>(head[1])));
  if (flags & 2)
    put(files, world, base + ".timeindex", take(std::to_integer<std::size_t>(head[2])));
  if (flags & 4) put(files, world, folder + "/leader-epoch-checkpoint", take(20));
  put(files, world, base + ".log", input);

  Syncer syncer(machine.shard(0));
  FileCache cache(files, {});
  TopicId topic{Uuid{}};
  topic.value.bytes[0] = std::byte{1};
  auto opened = world.run(Log::open(
      machine.shard(0), syncer, cache, folder, topic, std::make_shared<LogOptions>(),
      {.clean = (flags & 8) != 0, .recovery_point = Offset{flags >> 4}, .log_start = {}}));
  if (opened) use(world, *opened->log);
  world.run_until_idle();
}

}  // namespace store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  store::open_hostile({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
