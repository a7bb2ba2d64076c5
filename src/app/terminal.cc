#include "app/terminal.h"
#include "app/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

namespace app {

namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void on_interrupt(int) { g_interrupted = 1; }

std::size_t columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool is_styled(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal(stream) && (!no_color || *no_color == '\0');
}

void catch_interrupt() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return g_interrupted != 0; }

Progress::Progress(bool wanted) : active_(wanted && is_terminal(stderr)) {}

bool Progress::due() {
  if (!active_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return false;
  next_ = now + Millis(100);
  return true;
}

void Progress::draw(const std::string& line) {
  const std::string fitting = line.substr(0, columns() - 1);
  note("\r\033[K{}", fitting);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  write_text(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

std::string bar(double share, int width) {
  const double clamped = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(std::lround(clamped * width));
  return fmt::format("[{}{}] {:3.0f}%", std::string(full, '#'),
                     std::string(static_cast<std::size_t>(width) - full, '.'),
                     std::floor(clamped * 100));
}

}  // namespace app
