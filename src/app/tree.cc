#include "app/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/terminal.h"
#include "base/similar.h"

namespace app {

namespace {

// CLI11's layout with the usage line in our words and no empty paragraphs.
class HelpText final : public CLI::Formatter {
 public:
  HelpText() {
    column_width(34);
    label("REQUIRED", "required");
  }
  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string usage = "Usage: " + full_name(*app);
    for (const CLI::Option* option : app->get_options()) {
      if (!option->get_positional()) continue;
      const std::string name = option->get_name(true, false);
      const std::string many = option->get_expected_max() > 1 ? "..." : "";
      usage += option->get_required() ? fmt::format(" {}{}", name, many)
                                      : fmt::format(" [{}{}]", name, many);
    }
    if (!app->get_subcommands({}).empty()) usage += " COMMAND";
    return usage + " [OPTIONS]\n";
  }
  std::string make_footer(const CLI::App* app) const override {
    return app->get_footer().empty() ? "" : "\n" + app->get_footer() + "\n";
  }
};

std::string footer_of(const Words& words) {
  std::string footer;
  if (!words.examples.empty()) {
    footer += words.examples.size() == 1 ? "Example:" : "Examples:";
    for (const std::string& example : words.examples) footer += "\n  " + example;
  }
  if (!words.json.empty())
    footer += fmt::format("{}With --json:\n  {}", footer.empty() ? "" : "\n\n", words.json);
  return footer;
}

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

std::vector<const CLI::App*> shown_commands(const Tree& tree, const CLI::App& command) {
  std::vector<const CLI::App*> shown;
  for (const CLI::App* inner : command.get_subcommands({})) {
    if (!tree.words(*inner).hidden) shown.push_back(inner);
  }
  return shown;
}

Tree::Tree() : root_(std::make_unique<CLI::App>("", "thalweg")) {
  root_->formatter(std::make_shared<HelpText>());
  root_->set_help_flag("-h,--help", "Show this and exit");
}

CLI::App& Tree::group(CLI::App& parent, Words words) {
  CLI::App* app = parent.add_subcommand(words.name, words.summary);
  app->description(words.about.empty() ? words.summary + "." : words.about);
  app->footer(footer_of(words));
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
    std::fputs(command.help().c_str(), stderr);
    return kUsage;
  }
  const Outcome<> outcome = run->second();
  return outcome ? kSuccess : report(outcome.error());
}

int Tree::report(const Failure& failure) const {
  std::fflush(stdout);
  const bool styled = is_terminal(stderr);
  fmt::print(stderr, "{}error:{} {}\n", styled ? "\033[1;31m" : "", styled ? "\033[0m" : "",
             failure.line);
  if (!failure.hint.empty()) fmt::print(stderr, "{}\n", failure.hint);
  return failure.exit;
}

int Tree::report(const CLI::ParseError& error) {
  const CLI::App& command = chosen();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::fputs(command.help().c_str(), stdout);
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
