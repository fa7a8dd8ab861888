"""psycopg 3: extended protocol with server-side binding, named statements from the sixth run, pipeline mode, binary and
server-side cursors, executemany with RETURNING, COPY in both formats."""

import datetime
import decimal
import threading
import uuid

import psycopg
from outcome import CONNECTION, FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, WORDS, emit, main, until_sleeping
from psycopg.rows import dict_row
from psycopg.types.json import Json, Jsonb


def connect(autocommit=False):
    c = CONNECTION
    return psycopg.connect(host=c["host"], port=c["port"], dbname=c["database"], user=c["user"], autocommit=autocommit)


class Session:
    """Runs statements and prints what came of each."""

    def __init__(self, autocommit=False):
        self.connection = connect(autocommit)

    def run(self, step, sql, parameters=None, **more):
        """`more`: prepare, binary."""
        self.attempt(step, lambda c: c.execute(sql, parameters, **more))

    def attempt(self, step, act, **cursor):
        try:
            with self.connection.cursor(**cursor) as c:
                act(c)
                report(step, c)
        except psycopg.Error as error:
            emit_error(step, error)
        emit(step + ": status", transaction=self.connection.info.transaction_status.name)

    def commit(self, step="commit"):
        self.end(step, self.connection.commit)

    def rollback(self, step="rollback"):
        self.end(step, self.connection.rollback)

    def end(self, step, act):
        try:
            act()
            emit(step)
        except psycopg.Error as error:
            emit_error(step, error)


def report(step, c):
    columns = [(column.name, column.type_code) for column in c.description or ()]
    emit(step, rows=c.fetchall() if c.description else None, columns=columns, count=c.rowcount, tag=c.statusmessage,
         format=c.pgresult.fformat(0) if columns and c.pgresult else None)


def emit_error(step, error):
    diag = error.diag
    emit(step, error=type(error).__name__, sqlstate=error.sqlstate, text=str(error), severity=diag.severity,
         detail=diag.message_detail, constraint=diag.constraint_name, table=diag.table_name, position=diag.statement_position)


def crud():
    s = Session()
    s.run("insert", "INSERT INTO account (name, balance, note) VALUES (%s, %s, %s) RETURNING id",
          ("ann", decimal.Decimal("12.50"), None))
    s.run("insert defaults", "INSERT INTO account (name) VALUES (%(name)s) RETURNING *", {"name": "bob"}, binary=True)
    s.run("insert without returning", "INSERT INTO account (name, balance, note) VALUES (%s, 7.25, 'x')", ("cid",))
    s.commit()
    s.attempt("select", lambda c: c.execute("SELECT * FROM account ORDER BY id"), row_factory=dict_row)
    s.run("update", "UPDATE account SET balance = balance + %s WHERE id = %s", (decimal.Decimal("1.25"), 1))
    s.run("update none", "UPDATE account SET note = 'never' WHERE id = -1")
    s.run("update returning", "UPDATE account SET note = %s WHERE name = 'cid' RETURNING note, doubled", (WORDS,))
    s.run("delete", "DELETE FROM account WHERE id = ANY(%s)", ([2, 77],))
    s.commit()
    s.run("update in vain", "UPDATE account SET note = 'never'")
    s.rollback()
    s.run("select again", "SELECT id, name, balance, note FROM account ORDER BY id")
    s.commit()
    s.attempt("client-side binding", lambda c: psycopg.ClientCursor(s.connection).execute(
        "UPDATE account SET note = %s WHERE id = 3", (WORDS,)))
    s.commit()
    s.attempt("raw placeholders", lambda c: psycopg.RawCursor(s.connection).execute(
        "UPDATE account SET note = $1 WHERE id = $2", (WORDS, 3)))
    s.commit()


def prepared():
    s = Session(autocommit=True)
    for i in range(1, 9):  # named from the sixth on
        s.run(f"insert {i}", "INSERT INTO prepared VALUES (%s, %s)", (i, f"row {i}"))
        s.run(f"update {i}", "UPDATE prepared SET v = v || '+' WHERE id = %s RETURNING v", (i,), prepare=True)
    s.run("names", "SELECT name FROM pg_prepared_statements WHERE name LIKE '\\_pg3%' ORDER BY name")
    s.run("deallocate", "DEALLOCATE ALL")
    s.run("again", "UPDATE prepared SET v = v || '+' WHERE id = %s RETURNING v", (1,), prepare=True)
    s.connection.prepared_max = 1  # each new one evicts another
    for i in (2, 3):
        s.run(f"evict {i}", f"UPDATE prepared SET v = v WHERE id = {i}", prepare=True)
    s.run("names after", "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE '\\_pg3%'")


def batch():
    s = Session()
    rows = [(i, f"entry {i}") for i in range(1, 301)]
    insert = "INSERT INTO entry VALUES (%s, %s)"
    s.attempt("executemany", lambda c: c.executemany(insert, rows[:200]))
    results = []

    def returning(c):
        c.executemany(insert + " RETURNING id, v", rows[200:], returning=True)
        results.append(c.fetchone())
        while c.nextset():
            results.append(c.fetchone())

    s.attempt("executemany returning", returning)
    emit("results", rows=results)
    s.attempt("update", lambda c: c.executemany("UPDATE entry SET v = v || '!' WHERE id = %s", [(i,) for i in range(1, 101)]))
    s.commit()
    s.connection.autocommit = True
    s.attempt("delete", lambda c: c.executemany("DELETE FROM entry WHERE id = %s", [(i,) for i in range(201, 301)]))
    s.attempt("failing", lambda c: c.executemany(insert, [(1001, "a"), (1, "b"), (1002, "c")]))
    s.run("several statements", "UPDATE entry SET v = v WHERE id = 1; SELECT 5; DELETE FROM entry WHERE id = -1")
    s.run("left", "SELECT count(*), max(id) FROM entry")


VALUES = (True, -32768, 2147483647, -9223372036854775808, 1.5, 0.1, decimal.Decimal("12345678901234567890.123456789"), WORDS,
          b"\x00\xff\x10", datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 34, 56, 789012),
          datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, datetime.timezone.utc),
          datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
          Json({"a": [1, None]}), Jsonb({"b": "c"}), [1, None, 3], ["x", 'y,"z"', ""])


def types():
    s = Session(autocommit=True)
    binary, text = (", ".join([place] * 18) for place in ("%b", "%t"))
    s.run("insert binary", f"INSERT INTO typed VALUES (1, {binary}) RETURNING *", VALUES, binary=True)
    s.run("delete", "DELETE FROM typed WHERE id = 1 RETURNING *", binary=True)
    s.run("insert text", f"INSERT INTO typed VALUES (1, {text}) RETURNING *", VALUES)
    s.run("insert nulls", f"INSERT INTO typed VALUES (2, {binary}) RETURNING *", (None,) * 18, binary=True)
    s.run("update", "UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *", binary=True)
    s.run("select binary", "SELECT * FROM typed ORDER BY id", binary=True)
    s.run("select text", "SELECT * FROM typed ORDER BY id")


def cursor():
    s = Session()
    named = s.connection.cursor("portal", binary=True)
    named.itersize = 7
    named.execute("SELECT id, v FROM number WHERE id > %s ORDER BY id", (0,))
    emit("fetchmany", rows=named.fetchmany(10))
    s.run("update meanwhile", "UPDATE number SET v = v + 1000 WHERE id <= %s", (5,))
    emit("iterate", rows=list(named))
    named.close()
    scrolling = s.connection.cursor("scrolling", scrollable=True)
    scrolling.execute("SELECT id FROM number ORDER BY id")
    scrolling.scroll(200, mode="absolute")
    emit("scrolled", row=scrolling.fetchone())
    scrolling.scroll(-1)
    emit("scrolled back", row=scrolling.fetchone())
    locking = s.connection.cursor("locking")
    locking.execute("SELECT id FROM number WHERE id > 199 FOR UPDATE")
    emit("locked", row=locking.fetchone())
    s.run("update where current", "UPDATE number SET v = 0 WHERE CURRENT OF locking RETURNING id")
    streamed = s.connection.cursor().stream(
        "UPDATE number SET v = -v WHERE id BETWEEN 101 AND 110 RETURNING id, v", binary=True)  # row by row
    emit("stream", rows=list(streamed))
    s.commit()
    held = s.connection.cursor("held", withhold=True)
    held.execute("SELECT v FROM number WHERE id <= 5 ORDER BY id")
    s.commit("commit with a held cursor")
    emit("held", rows=held.fetchall())
    held.close()
    s.commit()


def savepoint():
    s = Session(autocommit=True)
    with s.connection.transaction():
        s.run("outer", "INSERT INTO step VALUES (1, 'outer')")
        with s.connection.transaction("a"):
            s.run("kept", "INSERT INTO step VALUES (2, 'kept')")
            with s.connection.transaction(force_rollback=True):
                s.run("lost", "INSERT INTO step VALUES (3, 'lost')")
            s.run("kept twice", "UPDATE step SET v = 'kept twice' WHERE id = %s", (2,))
        try:
            with s.connection.transaction():
                s.connection.execute("INSERT INTO step VALUES (%s, 'again')", (1,))
        except psycopg.Error as error:
            emit_error("duplicate", error)
        with s.connection.transaction():
            s.run("lost too", "DELETE FROM step")
            raise psycopg.Rollback()
        s.run("after", "INSERT INTO step VALUES (4, 'after')")
    emit("committed", transaction=s.connection.info.transaction_status.name)


def upsert():
    s = Session(autocommit=True)
    sql = ("INSERT INTO counter VALUES (%s, 1, %s) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, "
           "last = excluded.last RETURNING hits, xmax = 0 AS is_new")
    for i in range(5):
        s.run(f"home {i}", sql, ("home", "first"))
    s.run("nothing", "INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits")
    s.run("two", "INSERT INTO counter VALUES (%s, 1, 'first'), (%s, 1, 'first') ON CONFLICT (name) "
          "DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits", ("home", "away"), binary=True)
    s.run("condition", "INSERT INTO counter VALUES ('away', 5) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false")


def errors():
    s = Session()
    s.run("insert", "INSERT INTO strict VALUES (1, 'a', 1)")
    s.run("duplicate", "INSERT INTO strict VALUES (%s, 'b', 2)", (1,))
    s.run("in a failed transaction", "SELECT 1")
    s.rollback()
    s.run("deferred", "INSERT INTO strict VALUES (2, 'b', 1), (3, 'c', 1)")
    s.commit("commit that fails")
    s.run("insert once more", "INSERT INTO strict VALUES (5, 'e', 5)")
    s.run("division", "UPDATE strict SET rank = rank / %s", (0,))
    s.commit("commit of a failed transaction")
    s.connection.autocommit = True
    s.run("null", "INSERT INTO strict VALUES (4, %s, 4)", (None,))
    s.run("deferred, by itself", "INSERT INTO strict VALUES (%s, 'b', 1), (3, 'c', 1)", (2,))
    s.run("syntax", "UPDATE strict SETT v = %s", ("x",))
    s.run("no table", "UPDATE nowhere SET v = 'x'")
    s.run("type", "UPDATE strict SET rank = %s", ("x",))
    s.run("several, the last failing", "INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0")
    s.run("works on", "INSERT INTO strict VALUES (%s, 'd', 4)", (4,))


def large():
    s = Session()
    s.run("insert", "INSERT INTO blob VALUES (1, %s, %s) RETURNING y, t", (FIRST_BYTES, LONG_TEXT), binary=True)
    s.commit()
    s.run("update", "UPDATE blob SET y = %b WHERE t = %s", (SECOND_BYTES, LONG_TEXT))
    s.commit()
    s.run("select text", "SELECT * FROM blob")
    s.run("select binary", "SELECT * FROM blob", binary=True)


def cancel():
    s = Session(autocommit=True)
    watcher = connect(autocommit=True)

    def cancelled(step, sql):
        thread = threading.Thread(target=lambda: (
            until_sleeping(lambda: watcher.execute(SLEEPING).fetchone()[0]), s.connection.cancel_safe()))
        thread.start()
        s.run(step, sql)
        thread.join()

    cancelled("read", "SELECT pg_sleep(600)")
    s.run("works on", "SELECT 1")
    cancelled("write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL")
    s.connection.autocommit = False
    s.run("insert", "INSERT INTO job VALUES (%s, 'never')", (1,))
    cancelled("in a transaction", "SELECT pg_sleep(600)")
    s.rollback()
    s.run("insert again", "INSERT INTO job VALUES (%s, 'done')", (2,))
    s.commit()


def reconnect():
    s = Session()
    s.run("insert", "INSERT INTO visit VALUES (1, 'lost')")
    s.run("terminate", "SELECT pg_terminate_backend(pg_backend_pid())")
    emit("closed", closed=s.connection.closed, broken=s.connection.broken)
    s = Session(autocommit=True)
    s.run("select", "SELECT * FROM visit")
    s.run("insert again", "INSERT INTO visit VALUES (2, 'back')")


def pipeline():
    s = Session(autocommit=True)
    put = "INSERT INTO ahead VALUES (%s, %s) RETURNING id"
    with s.connection.pipeline():  # one implicit transaction up to each sync
        cursors = [s.connection.execute(put, (1, "one")), s.connection.execute("UPDATE ahead SET v = v || '!'"),
                   s.connection.execute(put, (2, "two")), s.connection.execute("SELECT * FROM ahead ORDER BY id", binary=True)]
    for number, c in enumerate(cursors):
        report(f"answer {number}", c)
    try:
        with s.connection.pipeline() as p:
            s.connection.execute(put, (3, "never"))
            s.connection.execute(put, (1, "duplicate"))
            s.connection.execute(put, (4, "skipped"))
            p.sync()
    except psycopg.Error as error:
        emit_error("failing", error)
    with s.connection.pipeline():
        with s.connection.transaction():  # BEGIN and COMMIT within the pipeline
            s.connection.execute(put, (5, "five"))
            s.connection.execute(put, (6, "six"))
    s.run("left", "SELECT * FROM ahead ORDER BY id")


def copy():
    s = Session()
    with s.connection.cursor() as c:
        with c.copy("COPY copied FROM STDIN") as put:
            for i in range(1, 51):
                put.write_row((i, f"copied {i}", decimal.Decimal(f"{i}.00")))
        emit("in", count=c.rowcount, tag=c.statusmessage)
        with c.copy("COPY copied (id, v, n) FROM STDIN (FORMAT BINARY)") as put:
            put.set_types(["int4", "text", "numeric"])
            for i in range(51, 101):
                put.write_row((i, f"copied {i}", decimal.Decimal(f"{i}.00")))
        emit("in, binary", count=c.rowcount, tag=c.statusmessage)
    s.commit()
    with s.connection.cursor() as c:
        with c.copy("COPY copied TO STDOUT") as got:
            emit("out", rows=list(got.rows()))
        with c.copy("COPY copied TO STDOUT (FORMAT BINARY)") as got:
            got.set_types(["int4", "text", "numeric"])
            emit("out, binary", rows=list(got.rows()), tag=c.statusmessage)
    s.commit()

    def bad(c):
        with c.copy("COPY copied FROM STDIN") as put:
            put.write("one\tx\t1\n")

    s.attempt("bad row", bad)
    s.rollback()

    def broken_off(c):
        with c.copy("COPY copied FROM STDIN") as put:
            put.write_row((200, "x", 1))
            raise psycopg.DataError("changed my mind")

    s.attempt("broken off", broken_off)
    s.rollback()


main({f.__name__: f for f in (
    crud, prepared, batch, types, cursor, savepoint, upsert, errors, large, cancel, reconnect, pipeline, copy)})
