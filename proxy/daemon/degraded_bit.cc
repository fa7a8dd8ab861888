#include "proxy/daemon/degraded_bit.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "protocol/client/connection.h"
#include "proxy/daemon/small_file.h"

namespace pgtandem::proxy {

degraded_bit::degraded_bit(std::string target, std::string file, std::string outbox_id)
    : target_(std::move(target)), file_(std::move(file)), outbox_id_(std::move(outbox_id)) {}

bool degraded_bit::set(const std::string& reason) {
  try {
    client::connection target(target_);
    target.query("INSERT INTO pgtandem.degraded (outbox_id, since, reason) VALUES ($1::uuid, now(), $2)",
                 {outbox_id_, reason});
    return true;
  } catch (const client::pg_error& e) {
    spdlog::warn("the target cannot keep the degraded bit: {}", e.what());
  }
  try {
    write_file_durably(file_, reason + "\n");
    return true;
  } catch (const std::exception& e) {
    spdlog::warn("the file system cannot keep the degraded bit: {}", e.what());
  }
  return false;
}

bool degraded_bit::in_file() const {
  return std::filesystem::exists(file_);
}

bool degraded_bit::on_target(client::connection& target) const {
  if (target.query("SELECT to_regclass('pgtandem.degraded') IS NOT NULL").boolean(0, 0))
    return target.query("SELECT 1 FROM pgtandem.degraded WHERE outbox_id = $1::uuid", {outbox_id_}).rows() >
           0;
  return false;
}

void degraded_bit::clear() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  try {
    client::connection target(target_);
    target.query("DELETE FROM pgtandem.degraded WHERE outbox_id = $1::uuid", {outbox_id_});
  } catch (const client::pg_error& e) {
    spdlog::warn("the degraded bit stays on the target: {}", e.what());
  }
}

}  // namespace pgtandem::proxy
