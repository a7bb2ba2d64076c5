#include "app/commands/commands.h"

int main(int argc, char** argv) { return app::all_commands().run(argc, argv); }
