#include <fmt/format.h>

#include "app/cli_docs.h"

namespace app {

namespace {

// In a table's cell a bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

std::string names_of(const CLI::Option& option) {
  if (option.get_positional()) return fmt::format("`{}`", option.get_name(true, false));
  std::string names;
  for (const std::string& name : option.get_snames()) names += fmt::format("`-{}` ", name);
  for (const std::string& name : option.get_lnames()) names += fmt::format("`--{}` ", name);
  names += type_of(option);
  while (names.ends_with(' ')) names.pop_back();
  return names;
}

std::string options_of(const CLI::App& command) {
  std::string rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames() == std::vector<std::string>{"help"}) continue;
    std::string meaning = option->get_description();
    if (option->get_required()) meaning += ". Required";
    if (!option->get_default_str().empty())
      meaning += fmt::format(". Default: `{}`", option->get_default_str());
    rows += fmt::format("| {} | {} |\n", cell(names_of(*option)), cell(meaning));
  }
  return rows.empty() ? "" : "\n| | |\n|---|---|\n" + rows;
}

std::string section(const Tree& tree, const CLI::App& command) {
  const Words& words = tree.words(command);
  std::string text = fmt::format("\n## {}\n\n{}\n", full_name(command), command.get_description());
  text += options_of(command);
  if (!words.examples.empty()) {
    text += "\n```sh\n";
    for (const std::string& example : words.examples) text += example + "\n";
    text += "```\n";
  }
  if (!words.json.empty()) text += fmt::format("\nWith `--json`:\n\n```\n{}\n```\n", words.json);
  return text;
}

void add_sections(const Tree& tree, const CLI::App& command, std::string& text) {
  for (const CLI::App* inner : shown_commands(tree, command)) {
    const bool group = !shown_commands(tree, *inner).empty();
    if (!group) text += section(tree, *inner);
    add_sections(tree, *inner, text);
  }
}

void add_contents(const Tree& tree, const CLI::App& command, std::string& text) {
  for (const CLI::App* inner : shown_commands(tree, command)) {
    if (shown_commands(tree, *inner).empty()) {
      text += fmt::format("| `{}` | {} |\n", full_name(*inner), cell(tree.words(*inner).summary));
    }
    add_contents(tree, *inner, text);
  }
}

}  // namespace

std::string cli_markdown(const Tree& tree) {
  std::string text =
      "# The command line\n\n"
      "<!-- Written by `./do docs` from the commands' declarations in src/app/commands. Do not "
      "edit. -->\n\n"
      "Every command but `serve` works against any Kafka cluster, at `-b HOST:PORT`. Tables are "
      "for people and may "
      "change; the shapes of `--json` are for scripts and stay.\n\n"
      "Exit codes: 0 done, 1 the cluster, the network or a file said no, 2 the command line makes "
      "no sense. Errors "
      "are one line on standard error, and often a hint below it.\n\n"
      "| command | |\n|---|---|\n";
  add_contents(tree, tree.root(), text);
  add_sections(tree, tree.root(), text);
  return text;
}

}  // namespace app
