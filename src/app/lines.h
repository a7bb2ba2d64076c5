// The lines of a file or of standard input, one at a time. Any bytes but the line end may be in
// them.
#pragma once
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/failure.h"

namespace app {

class Lines {
 public:
  // Of `path`, or of standard input where it is empty or "-".
  static Outcome<Lines> open(const std::string& path);

  Lines(Lines&&) = default;
  Lines& operator=(Lines&&) = default;

  // Without its line end; lives until the next call. Nothing at the end.
  Outcome<std::optional<std::string_view>> next();

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  struct Free {
    void operator()(char* line) const { std::free(line); }
  };
  Lines(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}

  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;
  std::unique_ptr<char, Free> line_;  // getline's own, which it grows.
  std::size_t room_ = 0;
};

}  // namespace app
