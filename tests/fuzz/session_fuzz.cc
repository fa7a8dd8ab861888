// A session between a client and legacy, both modelled: see tests/session_model/run.h. The input decides what
// the client sends, how the bytes arrive, what the outbox answers and when legacy is lost.
#include "tests/fuzz/fuzz.h"
#include "tests/session_model/run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto verdict = pgtandem::model::run_session({data, size});
  if (!verdict.violation.empty())
    for (const std::string& line : verdict.trace) std::fprintf(stderr, "%s\n", line.c_str());
  pgtandem::fuzz::require(verdict.violation.empty(), verdict.violation);
  return 0;
}
