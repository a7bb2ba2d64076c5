#include <fmt/format.h>

#include "app/cli_docs.h"
#include "app/commands/commands.h"
#include "app/output.h"
#include "broker/group_meters.h"
#include "broker/metrics.h"
#include "broker/transaction_meters.h"
#include "config/file.h"
#include "observe/metrics.h"

namespace app {

namespace {

std::string text_of_page(const std::string& page) {
  if (page == "cli") return cli_markdown(all_commands());
  if (page == "configuration") return config::markdown();
  const observe::MetricTable tables[] = {broker::meters::kMetrics, broker::meters::kGroupMetrics,
                                         broker::meters::kTransactionMetrics};
  return observe::metrics_page(tables);
}

}  // namespace

void add_docs(Tree& tree) {
  const auto page = std::make_shared<std::string>();
  CLI::App& command = tree.command(tree.root(),
                                   {.name = "docs",
                                    .summary = "Print a page of the reference, as Markdown",
                                    .examples = {"thalweg docs cli"},
                                    .hidden = true},
                                   [page]() -> Outcome<> {
                                     say("{}", text_of_page(*page));
                                     return {};
                                   });
  command.add_option("PAGE", *page, "cli, configuration or metrics")
      ->required()
      ->check(CLI::IsMember({"cli", "configuration", "metrics"}))
      ->type_name("");
}

}  // namespace app
