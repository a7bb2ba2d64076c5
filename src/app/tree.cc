#include "app/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/help.h"
#include "app/output.h"
#include "app/terminal.h"
#include "base/similar.h"

namespace app {

namespace {

void add_names(const CLI::App& command, std::vector<std::string>& names) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
}

// What somebody may have meant who wrote a word that this command does not know.
std::string suggestion(const CLI::App& command, const std::string& word) {
  std::vector<std::string> names;
  if (word.starts_with("-")) {
    add_names(command, names);
  } else {
    for (const CLI::App* inner : command.get_subcommands({})) names.push_back(inner->get_name());
  }
  const std::string asked = word.substr(0, word.find('='));
  const std::optional<std::string> near = most_similar(asked, names);
  return near ? fmt::format("did you mean {}?", *near) : "";
}

}  // namespace

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent ? full_name(*parent) + " " + command.get_name() : command.get_name();
}

std::string type_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  std::string type = option.get_type_name();
  // CLI11 appends what validators say of themselves. The option's own words are clearer.
  for (const std::string_view validator : {":{", ":INT in ", ":NONNEGATIVE", ":POSITIVE"}) {
    type = type.substr(0, type.find(validator));
  }
  return type;
}

std::vector<const CLI::App*> shown_commands(const Tree& tree, const CLI::App& command) {
  std::vector<const CLI::App*> shown;
  for (const CLI::App* inner : command.get_subcommands({})) {
    if (!tree.words(*inner).hidden) shown.push_back(inner);
  }
  return shown;
}

Tree::Tree() : root_(std::make_unique<CLI::App>("", "thalweg")) {
  root_->set_help_flag("-h,--help", "Show this and exit");
}

CLI::App& Tree::group(CLI::App& parent, Words words) {
  CLI::App* app = parent.add_subcommand(words.name, words.summary);
  app->description(words.about.empty() ? words.summary + "." : words.about);
  if (words.hidden) app->group("");
  words_[app] = std::move(words);
  return *app;
}

CLI::App& Tree::command(CLI::App& parent, Words words, Run run) {
  CLI::App& app = group(parent, std::move(words));
  runs_[&app] = std::move(run);
  return app;
}

const Words& Tree::words(const CLI::App& command) const {
  static const Words kNone{};
  const auto found = words_.find(&command);
  return found == words_.end() ? kNone : found->second;
}

const CLI::App& Tree::chosen() const {
  const CLI::App* at = root_.get();
  for (;;) {
    const std::vector<CLI::App*> inner = at->get_subcommands();
    if (inner.empty()) return *at;
    at = inner.back();
  }
}

int Tree::run(int argc, const char* const* argv) {
  try {
    root_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report(error);
  }
  const CLI::App& command = chosen();
  const auto run = runs_.find(&command);
  if (run == runs_.end()) {
    write_text(stderr, help_of(*this, command));
    return kUsage;
  }
  Outcome<> outcome = run->second();
  if (outcome) outcome = finish_output();
  return outcome ? kSuccess : report(outcome.error());
}

int Tree::report(const Failure& failure) const {
  flush_output();
  const bool styled = is_terminal(stderr);
  note("{}error:{} {}\n", styled ? "\033[1;31m" : "", styled ? "\033[0m" : "", failure.line);
  if (!failure.hint.empty()) note("{}\n", failure.hint);
  return failure.exit;
}

int Tree::report(const CLI::ParseError& error) {
  const CLI::App& command = chosen();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    write_text(stdout, help_of(*this, command));
    return kSuccess;
  }
  const std::string help = fmt::format("See: {} --help", full_name(command));
  const std::vector<std::string> rest = command.remaining();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !rest.empty()) {
    const bool option = rest.front().starts_with("-");
    const bool wants_command = !option && !command.get_subcommands({}).empty();
    const std::string near = suggestion(command, rest.front());
    return report(
        Failure(kUsage,
                fmt::format("{} '{}' of {}{}{}",
                            option          ? "unknown option"
                            : wants_command ? "unknown command"
                                            : "unexpected argument",
                            rest.front(), full_name(command), near.empty() ? "" : "; ", near),
                help));
  }
  return report(Failure(kUsage, error.what(), help));
}

}  // namespace app
