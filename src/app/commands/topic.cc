#include "app/commands/commands.h"

namespace app {

void add_topic(Tree& tree) {
  CLI::App& topic =
      tree.group(tree.root(), {.name = "topic",
                               .summary = "Create, list, describe, alter and delete topics",
                               .examples = {"thalweg topic create orders --partitions 6",
                                            "thalweg topic describe orders"}});
  add_topic_create(tree, topic);
  add_topic_list(tree, topic);
  add_topic_describe(tree, topic);
  add_topic_alter(tree, topic);
  add_topic_delete(tree, topic);
  add_topic_trim(tree, topic);
}

}  // namespace app
