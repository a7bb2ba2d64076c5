#include "base/probe.h"

namespace probe {
namespace {

// Points are made before main by whichever file comes first, so this must need no making itself.
constinit Point* first = nullptr;

}  // namespace

Point::Point(Kind kind, std::string_view name) : kind_(kind), name_(name), next_(first) {
  first = this;
}

std::vector<Point*> points(Kind kind) {
  std::vector<Point*> found;
  for (Point* point = first; point; point = point->next_) {
    if (point->kind_ == kind) found.push_back(point);
  }
  std::ranges::sort(found, {}, &Point::name);
  return found;
}

bool plant(std::string_view name) {
  bool found = name.empty();
  for (Point* fault : points(Kind::Fault)) {
    fault->planted = fault->name() == name;
    fault->times = 0;
    found = found || fault->planted;
  }
  return found;
}

}  // namespace probe
