// What --help shows of a command.
#pragma once
#include <string>

#include "app/tree.h"

namespace app {

// Usage, what it is about, its arguments and options or its commands, examples.
std::string help_of(const Tree& tree, const CLI::App& command);

}  // namespace app
