// Completion scripts. All three work alike: the words so far, options left out, are followed down
// the tree; what may come next is that command's commands and options.
#include <fmt/format.h>

#include "app/cli_docs.h"

namespace app {

namespace {

constexpr std::string_view kMadeBy =
    "# Completion for thalweg. Made by `thalweg completion`; do not edit.\n";

struct Choice {
  std::string word;
  std::string meaning;
};

// A command by its words behind "thalweg", and what may follow it.
struct Place {
  std::string path;
  std::vector<Choice> commands;
  std::vector<Choice> options;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void collect(const Tree& tree, const CLI::App& command, const std::string& path,
             std::vector<Place>& places) {
  Place place{path, {}, {}};
  for (const CLI::App* inner : shown_commands(tree, command)) {
    place.commands.push_back({inner->get_name(), tree.words(*inner).summary});
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      place.options.push_back({"--" + name, first_line(option->get_description())});
    }
  }
  places.push_back(std::move(place));
  for (const CLI::App* inner : shown_commands(tree, command)) {
    collect(tree, *inner, path.empty() ? inner->get_name() : path + " " + inner->get_name(),
            places);
  }
}

std::vector<Place> places_of(const Tree& tree) {
  std::vector<Place> places;
  collect(tree, tree.root(), "", places);
  return places;
}

std::string paths_pattern(const std::vector<Place>& places) {
  std::string pattern;
  for (const Place& place : places) {
    if (!place.path.empty())
      pattern += fmt::format("{}'{}'", pattern.empty() ? "" : "|", place.path);
  }
  return pattern;
}

// For within single quotes of a shell.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4)
    text.replace(at, 1, "'\\''");
  return text;
}

}  // namespace

std::string bash_completion(const Tree& tree) {
  const std::vector<Place> places = places_of(tree);
  std::string script(kMadeBy);
  script += "_thalweg() {\n  local word path= words=\n  COMPREPLY=()\n";
  script += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  script += fmt::format(
      "    case \"${{path:+$path }}$word\" in\n      {}) path=\"${{path:+$path }}$word\" ;;\n    "
      "esac\n",
      paths_pattern(places));
  script += "  done\n  case \"$path\" in\n";
  for (const Place& place : places) {
    std::string words;
    for (const Choice& choice : place.commands) words += choice.word + " ";
    for (const Choice& choice : place.options) words += choice.word + " ";
    words.pop_back();
    script += fmt::format("    '{}') words='{}' ;;\n", place.path, words);
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o default -F _thalweg thalweg\n";
  return script;
}

std::string zsh_completion(const Tree& tree) {
  const std::vector<Place> places = places_of(tree);
  // A colon parts word and meaning.
  const auto described = [](const Choice& choice) {
    std::string meaning = quoted(choice.meaning);
    for (std::size_t at = 0; (at = meaning.find(':', at)) != std::string::npos; at += 2)
      meaning.insert(at, "\\");
    return fmt::format(" '{}:{}'", choice.word, meaning);
  };
  std::string script = "#compdef thalweg\n" + std::string(kMadeBy);
  script += "_thalweg() {\n  local word place=\n  local -a commands options\n";
  script += "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n";
  script += fmt::format(
      "    case \"${{place:+$place }}$word\" in\n      {}) place=\"${{place:+$place }}$word\" ;;\n "
      "   esac\n",
      paths_pattern(places));
  script += "  done\n  case \"$place\" in\n";
  for (const Place& place : places) {
    script += fmt::format("    '{}')\n      commands=(", place.path);
    for (const Choice& choice : place.commands) script += described(choice);
    script += ")\n      options=(";
    for (const Choice& choice : place.options) script += described(choice);
    script += ")\n      ;;\n";
  }
  script +=
      "  esac\n"
      "  (( $#commands )) && _describe command commands\n"
      "  [[ $PREFIX == -* ]] && _describe option options\n"
      "  (( $#commands )) || [[ $PREFIX == -* ]] || _files\n"
      "}\n"
      "compdef _thalweg thalweg\n";
  return script;
}

std::string fish_completion(const Tree& tree) {
  const std::vector<Place> places = places_of(tree);
  std::string script(kMadeBy);
  script += "function __thalweg_at\n  set -l place ''\n  for word in (commandline -opc)[2..-1]\n";
  script += "    set -l next (string trim -- \"$place $word\")\n    if contains -- \"$next\"";
  for (const Place& place : places) {
    if (!place.path.empty()) script += fmt::format(" '{}'", place.path);
  }
  script += "\n      set place \"$next\"\n    end\n  end\n  test \"$place\" = \"$argv[1]\"\nend\n";
  script += "complete -c thalweg -n \"__thalweg_at ''\" -f\n";
  for (const Place& place : places) {
    const std::string at = fmt::format("complete -c thalweg -n \"__thalweg_at '{}'\"", place.path);
    for (const Choice& choice : place.commands) {
      script += fmt::format("{} -f -a '{}' -d '{}'\n", at, choice.word, quoted(choice.meaning));
    }
    for (const Choice& choice : place.options) {
      script +=
          fmt::format("{} -l '{}' -d '{}'\n", at, choice.word.substr(2), quoted(choice.meaning));
    }
  }
  return script;
}

}  // namespace app
