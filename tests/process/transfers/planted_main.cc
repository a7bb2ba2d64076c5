// thalweg with a fault that its code has a place for (base/probe.h), named by THALWEG_PLANT: what
// tests/process/chaos.py finds it by. The program itself has no way to plant any.
#include <cstdio>
#include <cstdlib>

#include "app/commands/commands.h"
#include "base/probe.h"

int main(int count, char** arguments) {
  const char* fault = std::getenv("THALWEG_PLANT");
  if (!fault || !probe::plant(fault)) {
    std::fprintf(stderr, "thalweg_planted: THALWEG_PLANT has to name a fault of this build\n");
    return 2;
  }
  return app::all_commands().run(count, arguments);
}
