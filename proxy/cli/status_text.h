// A daemon's status for people. Pure.
#pragma once

#include <string>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy {

[[nodiscard]] std::string to_text(const daemon_status& s);
// 1536 -> "1.5 KiB"
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
// The open marks of every database, a line each, and how many there are.
[[nodiscard]] std::string marks_text(const daemon_status& s);
// The parked rows of every database, alike.
[[nodiscard]] std::string parked_text(const daemon_status& s);
// Why nothing is applied and what to do, for a database that has halted; as part of a sentence.
[[nodiscard]] std::string halted_text(const database_status& d);
// Why a database is not well (halted, degraded, rows parked), one sentence each.
[[nodiscard]] std::vector<std::string> complaints(const daemon_status& s);

}  // namespace pgtandem::proxy
