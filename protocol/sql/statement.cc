#include "protocol/sql/statement.h"

namespace pgtandem::sql {

std::string_view to_string(statement_kind kind) {
  switch (kind) {
    case statement_kind::empty:
      return "empty";
    case statement_kind::select:
      return "select";
    case statement_kind::insert:
      return "insert";
    case statement_kind::update:
      return "update";
    case statement_kind::remove:
      return "delete";
    case statement_kind::merge:
      return "merge";
    case statement_kind::begin:
      return "begin";
    case statement_kind::commit:
      return "commit";
    case statement_kind::rollback:
      return "rollback";
    case statement_kind::savepoint:
      return "savepoint";
    case statement_kind::rollback_to:
      return "rollback to savepoint";
    case statement_kind::release:
      return "release savepoint";
    case statement_kind::prepare_transaction:
      return "prepare transaction";
    case statement_kind::commit_prepared:
      return "commit prepared";
    case statement_kind::rollback_prepared:
      return "rollback prepared";
    case statement_kind::prepare:
      return "prepare";
    case statement_kind::execute:
      return "execute";
    case statement_kind::deallocate:
      return "deallocate";
    case statement_kind::discard:
      return "discard";
    case statement_kind::set:
      return "set";
    case statement_kind::reset:
      return "reset";
    case statement_kind::show:
      return "show";
    case statement_kind::declare_cursor:
      return "declare cursor";
    case statement_kind::fetch:
      return "fetch";
    case statement_kind::close_cursor:
      return "close cursor";
    case statement_kind::copy_from:
      return "copy from";
    case statement_kind::copy_to:
      return "copy to";
    case statement_kind::truncate:
      return "truncate";
    case statement_kind::call:
      return "call";
    case statement_kind::do_block:
      return "do";
    case statement_kind::explain:
      return "explain";
    case statement_kind::lock_table:
      return "lock table";
    case statement_kind::ddl:
      return "ddl";
    case statement_kind::maintenance:
      return "maintenance";
    case statement_kind::other:
      return "other";
  }
  return "other";
}

}  // namespace pgtandem::sql
