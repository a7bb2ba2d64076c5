// Which records of a metadata log count. A controller writes changes that belong together, and do
// not fit into one batch, between a record that begins them and one that ends or aborts them.
// Thalweg writes each change as one batch and has no need of it; the logs of Apache Kafka begin so.
#pragma once
#include <vector>

#include "cluster/record.h"

namespace cluster {

struct Settled {
  std::vector<Record> records;  // Without those that begin and end, and without what was aborted.
  bool open = false;            // The log ends before what was begun last: that does not count.
};

// `records` as they follow one another in the log, from a point where nothing is open.
Result<Settled> settle(std::vector<Record> records);

}  // namespace cluster
