// Changes and records: what one legacy transaction did to mirrored tables.
//
// Plain data without I/O; the byte format is in record_codec.h and docs/record-format.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/types.h"

namespace pgtandem::change {

// A table as legacy names it (unquoted, as stored in the catalog).
struct table_name {
  std::string schema;
  std::string name;
  friend auto operator<=>(const table_name&, const table_name&) = default;
};

enum class op : std::uint8_t {
  upsert = 1,    // the row exists with this image
  remove = 2,    // no row with this key exists
  truncate = 3,  // the table has no row: without key and image
};

// One row after a mutation.
//  key   JSON object of the key columns in key order, canonical (see key.h): equal rows have equal keys.
//  image JSON object of the whole row, exact for every column type that pgtandem captures (see image.h);
//        empty but for `upsert`. Numbers are PostgreSQL's own text.
struct row_change {
  std::uint32_t table = 0;  // index into record::tables
  change::op op = op::upsert;
  std::string key;
  std::string image;
  friend bool operator==(const row_change&, const row_change&) = default;
};

enum class mark_scope : std::uint8_t {
  table = 1,  // any row of the table may differ
  keys = 2,   // these keys may differ
};

// "These rows may differ": a heal that is owed.
struct mark {
  table_name table;
  mark_scope scope = mark_scope::table;
  std::vector<std::string> keys;  // canonical keys, only for mark_scope::keys
  std::string reason;             // for people, e.g. "COPY is not imaged"
  friend bool operator==(const mark&, const mark&) = default;
};

enum class record_kind : std::uint8_t {
  transaction = 1,  // what a client's transaction did
  heal = 2,         // rows re-read from legacy
};

// A piece of a large transaction that lies in the log already, ahead of its record (docs/record-format.md).
struct chunk_ref {
  std::uint32_t number = 0;   // within the staging
  std::uint64_t changes = 0;  // so many of its first changes count; a savepoint took the others back
  friend bool operator==(const chunk_ref&, const chunk_ref&) = default;
};

// All changes of one legacy transaction, or of one heal. Its `seq` is given by the log.
struct record {
  record_kind kind = record_kind::transaction;
  partition_t partition;
  xid_t xid;                      // legacy's transaction id, 0 for a heal
  std::uint32_t backend_pid = 0;  // legacy's backend that holds the commit, 0 for a heal
  std::string incarnation;        // which life of legacy (see outbox/relay/legacy_life.h)
  lsn_t lsn;                      // legacy's insert position at the prepare
  std::string correlation_id;
  std::vector<table_name> tables;
  std::vector<row_change> changes;  // in the order of execution, behind those of `chunks`
  std::vector<mark> marks;          // tables this transaction wrote without images
  staging_t staging;                // where `chunks` lie; none if there are none
  std::vector<chunk_ref> chunks;    // in the order of execution
  friend bool operator==(const record&, const record&) = default;
};

}  // namespace pgtandem::change
