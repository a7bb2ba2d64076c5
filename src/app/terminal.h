// What depends on whether a person or a pipe is at the other end.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "base/time.h"

namespace app {

bool is_terminal(std::FILE* stream);
// Whether to use bold type and colours: on a terminal, unless NO_COLOR is set.
bool is_styled(std::FILE* stream);

// Has the next SIGINT or SIGTERM set a flag; the second one ends the process as usual.
void catch_interrupt();
bool interrupted();

// One line on standard error that keeps up with a long task. Silent where that is no terminal.
class Progress {
 public:
  explicit Progress(bool wanted = true);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws what `line` gives, unless it did so less than a tenth of a second ago.
  template <class Line>
  void show(Line&& line) {
    if (due()) draw(line());
  }
  void clear();

 private:
  bool due();
  void draw(const std::string& line);

  bool active_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

// "[#####.....]  50%", for a share from 0 to 1.
std::string bar(double share, int width = 24);

}  // namespace app
