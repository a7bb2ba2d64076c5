// Reads options into plain values, for the structs that components get.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/layers.h"

namespace config {

class Reader {
 public:
  explicit Reader(const Layers& layers) : layers_(layers) {}

  template <class T>
  T whole(const Option& option) const {
    return static_cast<T>(std::get<std::int64_t>(value_of(option, layers_)));
  }
  Millis millis(const Option& option) const { return Millis(whole<std::int64_t>(option)); }
  double ratio(const Option& option) const { return std::get<double>(value_of(option, layers_)); }
  bool yes(const Option& option) const { return std::get<bool>(value_of(option, layers_)); }
  std::string text(const Option& option) const {
    return std::get<std::string>(value_of(option, layers_));
  }
  std::vector<std::string> list(const Option& option) const {
    return std::get<std::vector<std::string>>(value_of(option, layers_));
  }
  // An enum whose values stand in the order of the option's choices.
  template <class Enum>
  Enum choice(const Option& option) const {
    const auto at = std::ranges::find(option.choices, text(option));
    return static_cast<Enum>(at - option.choices.begin());
  }

 private:
  Layers layers_;
};

}  // namespace config
