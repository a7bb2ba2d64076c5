#include <fmt/format.h>

#include "app/commands/common.h"
#include "app/log_dump.h"

namespace app {

namespace {

struct Options {
  std::vector<std::string> paths;
  bool records = false;
  bool json = false;
};

// A folder stands for the files in it that can be shown.
Outcome<std::vector<std::string>> files_of(env::Files& files, const std::string& path) {
  const auto entries = files.list(path);
  if (!entries) return std::vector{path};
  std::vector<std::string> found;
  for (const env::DirEntry& entry : *entries) {
    if (!entry.is_directory && can_dump(entry.name)) found.push_back(path + "/" + entry.name);
  }
  if (found.empty()) {
    return refused(fmt::format("{}: no file of a log in this folder", path),
                   "Give a file, or the folder of one partition, such as data/orders-0.");
  }
  return found;
}

Outcome<> run(const Options& options) {
  Runtime runtime;
  env::Files& files = runtime.shard().files();
  const DumpOptions how{options.json, options.records, is_styled(stdout)};
  std::vector<std::string> faults;
  bool first = true;
  for (const std::string& path : options.paths) {
    for (const std::string& file : TRY(files_of(files, path))) {
      const Dumped dumped = TRY(runtime.wait(dump_file(files, file, how)));
      if (options.json) {
        if (!dumped.json.empty()) say("{}\n", dumped.json);
      } else if (!dumped.text.empty()) {
        say("{}{}", first ? "" : "\n", dumped.text);
      }
      first = false;
      if (dumped.fault) faults.push_back(*dumped.fault);
    }
  }
  if (faults.empty()) return {};
  flush_output();
  for (std::size_t i = 1; i < faults.size(); ++i) note("damaged: {}\n", faults[i]);
  return refused(
      "damaged: " + faults.front(),
      "Start the broker on this folder: it puts aside what cannot be served and says what it did.");
}

}  // namespace

void add_log(Tree& tree) {
  CLI::App& log = tree.group(tree.root(), {.name = "log",
                                           .summary = "Look into the files of a log folder",
                                           .examples = {"thalweg log dump data/orders-0"}});
  const auto options = std::make_shared<Options>();
  CLI::App& command = tree.command(
      log,
      {.name = "dump",
       .summary = "Show what is in segments, indexes, snapshots and checkpoints",
       .about = "Shows the files of a log folder, Apache Kafka's or ours, without a broker: the "
                "batches of segments\n"
                "(or their records), indexes, producer snapshots, checkpoints. Checks every "
                "checksum; fails, and\n"
                "says at which byte, where something is damaged.",
       .examples = {"thalweg log dump data/orders-0",
                    "thalweg log dump data/__cluster_metadata-0 --records",
                    "thalweg log dump data/orders-0/00000000000000000000.log --json"},
       .json =
           R"(one object per file, by "kind": log {"file", "bytes", "sound_bytes", "batches": [...], "error"};
  index, timeindex {"entries"}; snapshot {"producers"}; leader-epochs {"epochs"}; offsets {"offsets"})"},
      [options] { return run(*options); });
  command.add_option("PATH", options->paths, "Files, or the folder of a partition")->required();
  command.add_flag("-r,--records", options->records, "Show the records, not only their batches");
  command.add_flag("--json", options->json, "Print JSON for machines instead of tables");
}

}  // namespace app
