#include <fmt/format.h>

#include "app/cli_docs.h"
#include "app/commands/commands.h"
#include "app/output.h"

namespace app {

void add_completion(Tree& tree) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = tree.command(
      tree.root(),
      {.name = "completion",
       .summary = "Print the completion script of a shell",
       .examples = {"source <(thalweg completion bash)",
                    "thalweg completion zsh > ~/.zfunc/_thalweg",
                    "thalweg completion fish > ~/.config/fish/completions/thalweg.fish"}},
      [shell]() -> Outcome<> {
        // A tree of its own: the one that is running belongs to main.
        const Tree all = all_commands();
        const std::string script = *shell == "bash"  ? bash_completion(all)
                                   : *shell == "zsh" ? zsh_completion(all)
                                                     : fish_completion(all);
        say("{}", script);
        return {};
      });
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
}

}  // namespace app
