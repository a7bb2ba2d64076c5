#include "app/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {

namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kWidestNames = 28;  // Longer ones get a line of their own.

struct Entry {
  std::string names;
  std::string meaning;
};

// `text` in lines that end before kWidth, all but the first behind `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    const std::size_t size = to - from;
    if (column > indent && column + 1 + size > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out.append(text, from, size);
    column += size;
    from = to + 1;
  }
  return out;
}

std::string list_of(const std::string& title, const std::vector<Entry>& entries) {
  if (entries.empty()) return "";
  std::size_t widest = 0;
  for (const Entry& entry : entries) {
    if (entry.names.size() <= kWidestNames) widest = std::max(widest, entry.names.size());
  }
  std::string out = fmt::format("\n{}:\n", title);
  for (const Entry& entry : entries) {
    const std::size_t indent = widest + 4;
    const bool fits = entry.names.size() <= widest;
    out += "  " + entry.names;
    out +=
        fits ? std::string(indent - 2 - entry.names.size(), ' ') : "\n" + std::string(indent, ' ');
    out += wrapped(entry.meaning, indent) + "\n";
  }
  return out;
}

std::string names_of(const CLI::Option& option) {
  if (option.get_positional())
    return option.get_name(true, false) + (option.get_expected_max() > 1 ? "..." : "");
  std::string names =
      option.get_snames().empty() ? "    " : fmt::format("-{}, ", option.get_snames().front());
  names += "--" + option.get_lnames().front();
  const std::string type = type_of(option);
  return type.empty() ? names : names + " " + type;
}

Entry entry_of(const CLI::Option& option) {
  const std::string fallback = option.get_default_str();
  return {names_of(option),
          option.get_description() + (fallback.empty() ? "" : fmt::format(" [{}]", fallback))};
}

std::string usage_of(const CLI::App& command, bool has_commands) {
  std::string usage = "Usage: " + full_name(command);
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = names_of(*option);
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  return usage + (has_commands ? " COMMAND\n" : " [OPTIONS]\n");
}

std::string examples_of(const Words& words) {
  if (words.examples.empty()) return "";
  std::string out = words.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
  for (const std::string& example : words.examples) out += "  " + example + "\n";
  return out;
}

}  // namespace

std::string help_of(const Tree& tree, const CLI::App& command) {
  std::vector<Entry> commands;
  for (const CLI::App* inner : shown_commands(tree, command)) {
    commands.push_back({inner->get_name(), tree.words(*inner).summary});
  }
  std::vector<Entry> arguments;
  std::vector<Entry> options;
  std::vector<Entry> of_cluster;
  for (const CLI::Option* option : command.get_options()) {
    const bool cluster = option->get_group() == kClusterGroup;
    auto& list = option->get_positional() ? arguments : cluster ? of_cluster : options;
    list.push_back(entry_of(*option));
  }
  // --help itself comes first in CLI11's order, and last in interest.
  if (options.size() > 1) std::ranges::rotate(options, options.begin() + 1);

  const Words& words = tree.words(command);
  std::string text = usage_of(command, !commands.empty());
  text += "\n" + command.get_description() + "\n";
  text += list_of("Arguments", arguments) + list_of("Commands", commands);
  text += list_of("Options", options) + list_of("Cluster", of_cluster) + examples_of(words);
  if (!words.json.empty()) text += fmt::format("\nWith --json:\n  {}\n", words.json);
  // CLI11 hands the footer down; it is the whole program's.
  if (!command.get_parent()) text += "\n" + command.get_footer() + "\n";
  return text;
}

}  // namespace app
