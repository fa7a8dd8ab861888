#include "proxy/session/legs/copy_in.h"

#include "protocol/wire/backend/copy_response.h"

namespace pgtandem::proxy {

std::uint64_t copy_in::expect(const plan& p, std::size_t limit) {
  end();
  query_ = p.read_back;
  if (query_) keys_.emplace(query_->format, query_->fields, query_->keys, limit);
  return number_ = ++last_;
}

void copy_in::begin(std::string_view body) {
  begun_ = true;
  if (!keys_) return;
  const auto m = wire::decode_copy_in_response(body);
  const bool binary = query_->format.layout == copy::layout::binary;
  // The table has been altered past us.
  if (!m || m->column_formats.size() != query_->fields || (m->overall_format != 0) != binary)
    keys_->give_up();
}

std::optional<std::pair<std::shared_ptr<const read_back_query>, copy::copied_rows>> copy_in::finish() {
  if (!keys_) return std::nullopt;
  auto rows = keys_->finish();
  keys_.reset();
  if (!rows || rows->rows == 0) return std::nullopt;
  return std::pair(query_, std::move(*rows));
}

void copy_in::end() {
  number_ = 0;
  begun_ = intruded_ = false;
  query_.reset();
  keys_.reset();
}

}  // namespace pgtandem::proxy
