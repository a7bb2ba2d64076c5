// Every command, each in a file of its own beside this one.
#pragma once
#include "app/tree.h"

namespace app {

void add_bench(Tree& tree);
void add_cluster(Tree& tree);
void add_completion(Tree& tree);
void add_config(Tree& tree);
void add_consume(Tree& tree);
void add_docs(Tree& tree);
void add_group(Tree& tree);
void add_log(Tree& tree);
void add_produce(Tree& tree);
void add_serve(Tree& tree);
void add_topic(Tree& tree);
void add_txn(Tree& tree);
void add_version(Tree& tree);

// The parts of those that hold several.
void add_topic_create(Tree& tree, CLI::App& topic);
void add_topic_list(Tree& tree, CLI::App& topic);
void add_topic_describe(Tree& tree, CLI::App& topic);
void add_topic_alter(Tree& tree, CLI::App& topic);
void add_topic_delete(Tree& tree, CLI::App& topic);
void add_topic_trim(Tree& tree, CLI::App& topic);
void add_group_list(Tree& tree, CLI::App& group);
void add_group_describe(Tree& tree, CLI::App& group);
void add_group_members(Tree& tree, CLI::App& group);
void add_group_reset(Tree& tree, CLI::App& group);
void add_group_shift(Tree& tree, CLI::App& group);
void add_group_simulate(Tree& tree, CLI::App& group);
void add_group_timeline(Tree& tree, CLI::App& group);
void add_group_delete(Tree& tree, CLI::App& group);
void add_bench_produce(Tree& tree, CLI::App& bench);
void add_bench_consume(Tree& tree, CLI::App& bench);
void add_bench_latency(Tree& tree, CLI::App& bench);
void add_bench_eos(Tree& tree, CLI::App& bench);

// The whole tree, in the order in which --help shows it.
Tree all_commands();

}  // namespace app
