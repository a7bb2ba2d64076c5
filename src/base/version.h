// Which Thalweg this is. The only place that says so.
#pragma once
#include <string_view>

inline constexpr std::string_view kThalwegVersion = "0.1.0";
