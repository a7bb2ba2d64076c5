#include <fmt/format.h>

#include "app/commands/common.h"
#include "base/version.h"
#include "client/producer.h"

namespace app {

void add_version(Tree& tree) {
  const auto json = std::make_shared<bool>(false);
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "version",
       .summary = "Show which Thalweg this is",
       .examples = {"thalweg version --json"},
       .json = R"({"version", "librdkafka"})"},
      [json]() -> Outcome<> {
        if (*json) {
          print(Json{{"version", kThalwegVersion}, {"librdkafka", client::librdkafka_version()}});
        } else {
          say("thalweg {} (librdkafka {})\n", kThalwegVersion, client::librdkafka_version());
        }
        return {};
      });
  command.add_flag("--json", *json, "Print JSON for machines");
}

}  // namespace app
