// Judges what real clients saw of their transactions. Usage: transfers_check HISTORY...
// Ends with 0 if all is well, with 1 behind a line `fault ...` for each thing that is wrong.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "told.h"

int main(int count, char** arguments) {
  std::vector<told::File> files;
  for (int i = 1; i < count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "transfers_check: %s cannot be read\n", arguments[i]);
      return 2;
    }
    files.push_back({arguments[i], {std::istreambuf_iterator(file), {}}});
  }
  const Result<told::Verdict> verdict = told::judge(files);
  if (!verdict) {
    std::fprintf(stderr, "transfers_check: %s\n", verdict.error().detail.c_str());
    return 2;
  }
  std::printf(
      "committed %zu\naborted %zu\nin-doubt %zu\nwritten %zu\nreads %zu\ncontent %zu\ncycles %zu\n",
      verdict->committed, verdict->aborted, verdict->in_doubt, verdict->written, verdict->reads,
      verdict->content, verdict->cycles);
  for (const std::string& fault : verdict->faults) std::printf("fault %s\n", fault.c_str());
  return verdict->faults.empty() ? 0 : 1;
}
