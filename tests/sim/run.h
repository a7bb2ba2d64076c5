// One simulated run: a broker on one machine, its clients on another, and a bad day.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bad_day.h"
#include "history.h"
#include "plan.h"

namespace simulation {

struct Outcome {
  std::uint64_t hash = 0;  // Of everything that happened: the same for the same plan.
  std::vector<std::string> faults;
  std::map<Mishap, int> mishaps;
  std::map<Activity, std::uint64_t> done;
  std::size_t acked = 0;
  std::size_t read = 0;
  Duration lasted{};  // Of virtual time.
  std::uint64_t events = 0;
  Diary diary;  // What happened, and what the broker had to say.
};

// Lives the plan through: first safety under faults, then the faults stop and progress is demanded.
// What the broker logs goes to the diary.
Outcome run(const Plan& plan);

const char* name_of(Activity activity);

}  // namespace simulation
