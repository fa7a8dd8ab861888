// Chunks of large transactions: staged ahead of their record, read one by one behind it.
#include "outbox/log/key_codec.h"
#include "outbox/log/log.h"
#include "outbox/log/log_impl.h"
#include "protocol/change/record_codec.h"

namespace pgtandem::outbox {

staging_t log::new_staging() {
  const std::lock_guard lock{impl_->state.mutex};
  return staging_t{++impl_->state.last_staging.value};
}

void log::stage(staging_t staging, std::uint32_t number, std::span<const change::row_change> changes,
                std::function<void(std::optional<log_error>)> done) {
  impl_->writes.submit(request::stage{staging, number, changes.size(), change::encode_chunk(changes),
                                      [done = std::move(done)](const std::string* error) {
                                        done(error == nullptr ? std::nullopt
                                                              : std::optional{log_error{*error}});
                                      }});
}

void log::drop_staging(staging_t staging) {
  impl_->writes.submit(request::drop_staging{staging});
}

std::optional<std::vector<change::row_change>> log::read_chunk(const stored_record& r, std::size_t i) {
  const change::chunk_ref& ref = r.record.chunks.at(i);
  std::optional<std::vector<change::row_change>> changes;
  const auto from = chunk_key(r.record.staging, ref.number);
  const auto problem =
      impl_->files->scan(family::chunks, from, chunk_key(r.record.staging, ref.number + 1),
                         [&](std::string_view, std::string_view value) {
                           changes = change::decode_chunk(value, ref.changes, r.record.tables.size());
                           return false;
                         });
  if (problem) {
    impl_->fail("the outbox cannot be read and must be looked after: " + *problem);
    return std::nullopt;
  }
  if (!changes)
    impl_->fail("the outbox is damaged: a chunk of record " + std::to_string(r.seq.value) +
                " cannot be read");
  return changes;
}

void log::drop_trimmed_chunks() {
  std::vector<staging_t> stagings;
  {
    const std::lock_guard lock{impl_->state.mutex};
    stagings.swap(impl_->state.trimmed_stagings);
  }
  for (const staging_t staging : stagings) {
    const auto [from, to] = chunks_of(staging);
    impl_->files->drop_range(family::chunks, from, to);
  }
}

}  // namespace pgtandem::outbox
