// What is written from the tree of commands: the reference and the completion of three shells.
#pragma once
#include <string>

#include "app/tree.h"

namespace app {

std::string cli_markdown(const Tree& tree);  // docs/cli.md.

std::string bash_completion(const Tree& tree);
std::string zsh_completion(const Tree& tree);
std::string fish_completion(const Tree& tree);

}  // namespace app
