#include <signal.h>

#include <iostream>

#include "proxy/cli/commands.h"

int main(int argc, char** argv) {
  // Writing to a connection or pipe whose other end is gone is an error to handle, not a reason to die.
  signal(SIGPIPE, SIG_IGN);
  return pgtandem::proxy::run_cli(argc, argv, std::cout, std::cerr);
}
