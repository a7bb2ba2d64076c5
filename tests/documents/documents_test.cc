// The documents that are made of declarations say what the declarations say. `./do docs` writes them
// again: it runs this program with THALWEG_REWRITE set.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "broker/metrics.h"
#include "config/file.h"
#include "observe/metrics.h"

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_current(const std::string& name, const std::string& text) {
  const std::string path = std::string(THALWEG_SOURCE_DIR) + "/docs/" + name;
  if (std::getenv("THALWEG_REWRITE")) std::ofstream(path) << text;
  EXPECT_EQ(read(path), text) << "docs/" << name << " is not what the declarations say: ./do docs";
}

TEST(Documents, Configuration) { expect_current("configuration.md", config::markdown()); }

TEST(Documents, Metrics) {
  const observe::MetricTable tables[] = {broker::kMetrics};
  expect_current("metrics.md", observe::metrics_page(tables));
}

}  // namespace
