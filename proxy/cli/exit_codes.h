// What the commands return. Scripts rely on them; docs/cli.md lists them.
#pragma once

namespace pgtandem::proxy::exit_code {

inline constexpr int ok = 0;
inline constexpr int no = 1;           // an answer, and not the wished one
inline constexpr int cannot_tell = 2;  // time-out, no daemon, no answer
inline constexpr int usage = 64;       // EX_USAGE
inline constexpr int config = 78;      // EX_CONFIG

}  // namespace pgtandem::proxy::exit_code
