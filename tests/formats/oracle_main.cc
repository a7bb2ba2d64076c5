// The half of `./do oracle` that is ours: reads messages with their meaning from Kafka's half
// (tools/oracle) on standard input, holds ours against them, and counts. Ends with 1 if any differs
// or any version of ours got too few.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "golden.h"

namespace wire {
namespace {

constexpr int kMostShown = 20;

struct Count {
  std::map<Version, int> versions;
  int messages = 0;
  int differences = 0;
};

class Oracle {
 public:
  void take(const Golden& golden) {
    if (!is_ours(golden)) {
      ++not_ours_[golden.name];
      return;
    }
    Count& count = counts_[golden.name.substr(0, golden.name.find(':'))];
    ++count.versions[golden.version];
    ++count.messages;
    const std::string found = difference(golden);
    if (found.empty()) return;
    ++count.differences;
    if (++differences_ <= kMostShown) fmt::print("{}\n", found);
  }

  // Whatever the schemas have that Kafka sent too little of, among the names that were asked for.
  int missing(const std::string& wanted, int least) {
    int missing = 0;
    for (const MessageType* type : all_messages()) {
      if (!type->name.contains(wanted)) continue;
      for (Version v = type->schema.first; v <= type->schema.last; ++v) {
        const int got = counts_[std::string(type->name)].versions[v];
        if (got >= least) continue;
        fmt::print("{} v{}: Kafka sent {} messages of {}\n", type->name, v, got, least);
        ++missing;
      }
    }
    return missing;
  }

  bool report(const std::string& wanted, int least) {
    const int lacking = missing(wanted, least);
    int messages = 0, versions = 0;
    for (const auto& [name, count] : counts_) {
      fmt::print("{:<48} {:>3} versions {:>6} messages {:>6} differences\n", name,
                 count.versions.size(), count.messages, count.differences);
      messages += count.messages;
      versions += static_cast<int>(count.versions.size());
    }
    for (const auto& [name, count] : not_ours_) {
      fmt::print("{:<48} {} messages passed over: of no version of ours\n", name, count);
    }
    fmt::print("{} kinds of messages, {} versions in all, {} messages, {} differences\n",
               counts_.size(), versions, messages, differences_);
    if (messages == 0) fmt::print("nothing is called {}\n", wanted);
    return differences_ == 0 && lacking == 0 && messages > 0;
  }

 private:
  std::map<std::string, Count> counts_;
  std::map<std::string, int> not_ours_;
  int differences_ = 0;
};

// What there is, for Kafka's half to choose by: a name and the first and last version in a line.
int list() {
  for (const MessageType* type : all_messages()) {
    fmt::print("{} {} {}\n", type->name, type->schema.first, type->schema.last);
  }
  return 0;
}

int run(const std::string& wanted, int least) {
  Oracle oracle;
  const Result<void> read = read_golden(
      [](std::size_t n) {
        ByteVector bytes(n);
        bytes.resize(std::fread(bytes.data(), 1, n, stdin));
        return bytes;
      },
      [&](const Golden& golden) { oracle.take(golden); });
  if (!read) fmt::print("{}\n", read.error().detail);
  return oracle.report(wanted, least) && read ? 0 : 1;
}

}  // namespace
}  // namespace wire

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "list") return wire::list();
  if (argc != 3) {
    fmt::print(stderr, "usage: thalweg_oracle list, or PART-OF-A-NAME LEAST-MESSAGES <MESSAGES\n");
    return 2;
  }
  return wire::run(argv[1], std::atoi(argv[2]));
}
