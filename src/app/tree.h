// The command line: a tree of commands, each declared once, in a file of its own in commands/.
// Parsing, --help, shell completion and docs/cli.md are all made from this tree.
#pragma once
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/failure.h"

namespace app {

// What a command says about itself.
struct Words {
  std::string name;
  std::string summary;                     // One line, as lists of commands show it.
  std::string about = {};                  // More, for its own --help.
  std::vector<std::string> examples = {};  // Whole command lines.
  std::string json = {};                   // The shape of what --json prints.
  bool hidden = false;                     // Left out of lists, completion and docs.
};

using Run = std::function<Outcome<>()>;

class Tree {
 public:
  Tree();  // Empty. all_commands() of commands.h gives the whole.

  CLI::App& root() { return *root_; }
  const CLI::App& root() const { return *root_; }

  // A command that holds commands, such as `topic`.
  CLI::App& group(CLI::App& parent, Words words);
  CLI::App& command(CLI::App& parent, Words words, Run run);

  // Parses, runs what was asked for, and reports a failure on standard error. Gives the exit code.
  int run(int argc, const char* const* argv);

  const Words& words(const CLI::App& command) const;

 private:
  int report(const Failure& failure) const;
  int report(const CLI::ParseError& error);
  const CLI::App& chosen() const;  // The innermost command that was named.

  std::unique_ptr<CLI::App> root_;
  std::map<const CLI::App*, Words> words_;
  std::map<const CLI::App*, Run> runs_;
};

// "thalweg topic create".
std::string full_name(const CLI::App& command);

// What an option takes, as --help names it: "HOST:PORT". Empty for a flag.
std::string type_of(const CLI::Option& option);

// Options of this group lead to the cluster; --help shows them apart.
inline constexpr const char* kClusterGroup = "Cluster";

// The commands inside `command` that are shown, in order of declaration.
std::vector<const CLI::App*> shown_commands(const Tree& tree, const CLI::App& command);

}  // namespace app
