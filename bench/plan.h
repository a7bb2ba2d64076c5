// What a load generator is told to do: WHAT and then NAME=VALUE, as `./load produce seconds=5`.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bench {

struct Plan {
  std::string what;  // produce, fetch, commit or consume.
  std::string address = "127.0.0.1:9092";
  std::string topic = "bench";
  int clients = 1;     // Connections or client instances, each with a thread of its own.
  int depth = 1;       // Requests under way on each connection.
  int partitions = 1;  // Of the topic.
  int spread = 1;      // Partitions that one request writes to.
  int records = 63;    // In a batch: with 1 KiB each they make 64 KiB.
  int bytes = 1024;    // In the value of a record.
  int linger_ms = 0;   // How long a client library waits for a batch to fill.
  double rate = 0;     // Records a second of all clients together; 0: as fast as answers come.
  double seconds = 5;  // For so long,
  double until = 0;    // or until so many bytes were acknowledged, or have come.

  std::int64_t batch_bytes() const { return std::int64_t{records} * bytes; }
};

[[noreturn]] inline void refuse(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

inline int whole(std::string_view name, const std::string& value) {
  const int number = std::atoi(value.c_str());
  if (number < 0) refuse(std::string(name) + " is not a number from 0 on: " + value);
  return number;
}

inline void set(Plan& plan, std::string_view name, const std::string& value) {
  const auto number = [&] { return std::atof(value.c_str()); };
  const auto whole = [&](int& into) { into = bench::whole(name, value); };
  if (name == "address")
    plan.address = value;
  else if (name == "topic")
    plan.topic = value;
  else if (name == "clients")
    whole(plan.clients);
  else if (name == "depth")
    whole(plan.depth);
  else if (name == "partitions")
    whole(plan.partitions);
  else if (name == "spread")
    whole(plan.spread);
  else if (name == "records")
    whole(plan.records);
  else if (name == "bytes")
    whole(plan.bytes);
  else if (name == "linger_ms")
    whole(plan.linger_ms);
  else if (name == "rate")
    plan.rate = number();
  else if (name == "seconds")
    plan.seconds = number();
  else if (name == "until")
    plan.until = number();
  else
    refuse("no such option: " + std::string(name));
}

// Calls `take(name, value)` for each NAME=VALUE behind WHAT.
template <class Take>
void for_each_option(int argc, char** argv, Take take) {
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) refuse("not NAME=VALUE: " + argument);
    take(argument.substr(0, equals), argument.substr(equals + 1));
  }
}

inline Plan plan_of(int argc, char** argv) {
  if (argc < 2) refuse("usage: WHAT [NAME=VALUE]...; bench/plan.h lists the names");
  Plan plan{.what = argv[1]};
  for_each_option(argc, argv, [&](const std::string& name, const std::string& value) {
    set(plan, name, value);
  });
  if (plan.clients < 1 || plan.partitions < 1 || plan.records < 1) refuse("nothing to do");
  return plan;
}

}  // namespace bench
