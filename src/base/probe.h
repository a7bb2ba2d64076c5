// Points in the code that only tests see.
//
//   probe::reached<"recovery cut a torn tail">();     A branch that is seldom taken. The simulator
//                                                     reports those that none of its runs took.
//   if (probe::planted<"answer before the sync">())   A fault that a test can plant, to see that
//                                                     the simulator's checks find it.
//
// A point comes into being where it is written: there is no list to keep. Release builds are made
// without THALWEG_PROBES; there a mark is nothing, and no fault can be planted.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace probe {

enum class Kind { Mark, Fault };

class Point {
 public:
  Point(Kind kind, std::string_view name);
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  Kind kind() const { return kind_; }
  std::string_view name() const { return name_; }

  // Of a mark how often it was reached; of a fault, while it is planted, how often it was met.
  std::atomic<std::uint64_t> times = 0;
  std::atomic<bool> planted = false;

 private:
  friend std::vector<Point*> points(Kind kind);
  Kind kind_;
  std::string_view name_;
  Point* next_;
};

// All of a kind that this program was linked with, by name.
std::vector<Point*> points(Kind kind);

// Plants one fault and no other; an empty name plants none. False if there is no such fault.
bool plant(std::string_view name);

template <std::size_t N>
struct Name {
  consteval Name(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  std::string_view view() const { return {text, N - 1}; }
  char text[N];
};

#ifdef THALWEG_PROBES

template <Name name>
inline constexpr Name kept = name;
template <Kind kind, Name name>
inline Point point{kind, kept<name>.view()};

template <Name name>
void reached() {
  point<Kind::Mark, name>.times.fetch_add(1, std::memory_order_relaxed);
}

template <Name name>
bool planted() {
  Point& fault = point<Kind::Fault, name>;
  if (!fault.planted.load(std::memory_order_relaxed)) return false;
  fault.times.fetch_add(1, std::memory_order_relaxed);
  return true;
}

#else

template <Name name>
constexpr void reached() {}

template <Name name>
constexpr bool planted() {
  return false;
}

#endif

}  // namespace probe
