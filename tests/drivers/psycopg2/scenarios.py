"""psycopg2: simple queries all over, client-side binding, named cursors, execute_values and execute_batch, COPY."""

import datetime
import decimal
import io
import threading
import uuid

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from outcome import CONNECTION, FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, WORDS, emit, main, until_sleeping

psycopg2.extras.register_uuid()


def connect(autocommit=False):
    connection = psycopg2.connect(**CONNECTION)
    connection.autocommit = autocommit
    return connection


class Session:
    """Runs statements on one cursor and prints what came of each."""

    def __init__(self, autocommit=False, **cursor):
        self.connection = connect(autocommit)
        self.cursor = self.connection.cursor(**cursor)

    def run(self, step, sql, parameters=None):
        self.attempt(step, lambda: self.cursor.execute(sql, parameters))

    def attempt(self, step, act):
        c = self.cursor
        try:
            act()
            rows = c.fetchall() if c.description else None
            types = [(column.name, column.type_code) for column in c.description or ()]
            emit(step, rows=rows, columns=types, count=c.rowcount, tag=c.statusmessage)
        except psycopg2.Error as error:
            emit_error(step, error)
        emit(step + ": status", status=self.connection.status,
             transaction=0 if self.connection.closed else self.connection.info.transaction_status)

    def commit(self, step="commit"):
        self.attempt_end(step, self.connection.commit)

    def rollback(self, step="rollback"):
        self.attempt_end(step, self.connection.rollback)

    def attempt_end(self, step, act):
        try:
            act()
            emit(step)
        except psycopg2.Error as error:
            emit_error(step, error)


def emit_error(step, error):
    diag = error.diag
    emit(step, error=type(error).__name__, sqlstate=error.pgcode, text=str(error), severity=diag.severity,
         detail=diag.message_detail, constraint=diag.constraint_name, table=diag.table_name, position=diag.statement_position)


def crud():
    s = Session(cursor_factory=psycopg2.extras.DictCursor)
    s.run("insert", "INSERT INTO account (name, balance, note) VALUES (%s, %s, %s) RETURNING id",
          ("ann", decimal.Decimal("12.50"), None))
    s.run("insert defaults", "INSERT INTO account (name) VALUES (%(name)s) RETURNING *", {"name": "bob"})
    s.run("insert without returning", "INSERT INTO account (name, balance, note) VALUES (%s, 7.25, 'x')", ("cid",))
    s.commit()
    s.run("select", "SELECT * FROM account ORDER BY id")
    s.run("update", "UPDATE account SET balance = balance + %s WHERE id = %s", (decimal.Decimal("1.25"), 1))
    s.run("update none", "UPDATE account SET note = 'never' WHERE id = -1")
    s.run("update returning", "UPDATE account SET note = %s WHERE name = 'cid' RETURNING note, doubled", (WORDS,))
    s.run("delete", "DELETE FROM account WHERE id IN %s", ((2, 77),))
    s.commit()
    s.run("update in vain", "UPDATE account SET note = 'never'")
    s.rollback()
    s.run("select again", "SELECT id, name, balance, note FROM account ORDER BY id")
    with s.connection:  # commits, or rolls back where the block fails
        s.run("in a with block", "UPDATE account SET note = note WHERE id = 3")


def prepared():
    s = Session(autocommit=True)
    s.run("prepare insert", "PREPARE put (int, text) AS INSERT INTO prepared VALUES ($1, $2)")
    s.run("prepare update", "PREPARE more (int) AS UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v")
    for i in range(1, 9):
        s.run(f"execute insert {i}", "EXECUTE put (%s, %s)", (i, f"row {i}"))
        s.run(f"execute update {i}", "EXECUTE more (%s)", (i,))
    s.run("deallocate", "DEALLOCATE more")
    s.run("execute what is gone", "EXECUTE more (1)")
    s.run("prepare again", "PREPARE more (int) AS UPDATE prepared SET v = v || '+' WHERE id = $1")
    s.run("execute again", "EXECUTE more (1)")


def batch():
    s = Session()
    rows = [(i, f"entry {i}") for i in range(1, 301)]
    insert = "INSERT INTO entry VALUES (%s, %s)"
    s.attempt("executemany", lambda: s.cursor.executemany(insert, rows[:100]))
    s.attempt("execute_batch", lambda: psycopg2.extras.execute_batch(s.cursor, insert, rows[100:200], page_size=30))
    s.attempt("execute_values", lambda: psycopg2.extras.execute_values(
        s.cursor, "INSERT INTO entry VALUES %s RETURNING id", rows[200:], page_size=40))
    s.attempt("update", lambda: psycopg2.extras.execute_batch(
        s.cursor, "UPDATE entry SET v = v || '!' WHERE id = %s", [(i,) for i in range(1, 101)]))
    s.commit()
    s.connection.autocommit = True
    s.attempt("delete, each by itself", lambda: s.cursor.executemany(
        "DELETE FROM entry WHERE id = %s", [(i,) for i in range(201, 251)]))
    s.attempt("delete, one implicit transaction", lambda: psycopg2.extras.execute_batch(
        s.cursor, "DELETE FROM entry WHERE id = %s", [(i,) for i in range(251, 301)]))
    s.attempt("failing page", lambda: psycopg2.extras.execute_batch(s.cursor, insert, [(1001, "a"), (1, "b"), (1002, "c")]))
    s.run("several statements", "UPDATE entry SET v = v WHERE id = 1; SELECT 5; DELETE FROM entry WHERE id = -1")
    s.run("left", "SELECT count(*), max(id) FROM entry")


VALUES = (True, -32768, 2147483647, -9223372036854775808, 1.5, 0.1, decimal.Decimal("12345678901234567890.123456789"), WORDS,
          psycopg2.Binary(b"\x00\xff\x10"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 34, 56, 789012),
          datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, datetime.timezone.utc),
          datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
          psycopg2.extras.Json({"a": [1, None]}), psycopg2.extras.Json({"b": "c"}), [1, None, 3], ["x", 'y,"z"', ""])


def types():
    s = Session(autocommit=True)
    places = ", ".join(["%s"] * 18)
    s.run("insert", f"INSERT INTO typed VALUES (1, {places}) RETURNING *", VALUES)
    s.run("insert nulls", f"INSERT INTO typed VALUES (2, {places}) RETURNING *", (None,) * 18)
    s.run("update", "UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *")
    s.run("select", "SELECT * FROM typed ORDER BY id")


def cursor():
    s = Session()
    named = s.connection.cursor("portal")
    named.itersize = 7
    named.execute("SELECT id, v FROM number ORDER BY id")
    emit("fetchmany", rows=named.fetchmany(10))
    s.run("update meanwhile", "UPDATE number SET v = v + 1000 WHERE id <= 5")
    emit("iterate", rows=list(named))
    named.close()
    scrolling = s.connection.cursor("scrolling", scrollable=True)
    scrolling.execute("SELECT id FROM number ORDER BY id")
    scrolling.scroll(200)
    emit("scrolled beyond", row=scrolling.fetchone())
    scrolling.scroll(-1)
    emit("scrolled back", row=scrolling.fetchone())
    locking = s.connection.cursor("locking")
    locking.execute("SELECT id FROM number WHERE id > 199 FOR UPDATE")
    emit("locked", row=locking.fetchone())
    s.run("update where current", "UPDATE number SET v = 0 WHERE CURRENT OF locking RETURNING id")
    s.run("update returning", "UPDATE number SET v = -v WHERE id BETWEEN 101 AND 110 RETURNING id, v")
    s.commit()
    held = s.connection.cursor("held", withhold=True)
    held.execute("SELECT v FROM number WHERE id <= 5 ORDER BY id")
    s.commit("commit with a held cursor")
    emit("held", rows=held.fetchall())
    held.close()
    s.commit()


def savepoint():
    s = Session()
    s.run("outer", "INSERT INTO step VALUES (1, 'outer')")
    s.run("savepoint a", "SAVEPOINT a")
    s.run("kept", "INSERT INTO step VALUES (2, 'kept')")
    s.run("savepoint b", "SAVEPOINT b")
    s.run("lost", "INSERT INTO step VALUES (3, 'lost')")
    s.run("back to b", "ROLLBACK TO SAVEPOINT b")
    s.run("kept twice", "UPDATE step SET v = 'kept twice' WHERE id = 2")
    s.run("release a", "RELEASE SAVEPOINT a")
    s.run("savepoint c", "SAVEPOINT c")
    s.run("duplicate", "INSERT INTO step VALUES (1, 'again')")
    s.run("back to c", "ROLLBACK TO c")
    s.run("after", "INSERT INTO step VALUES (4, 'after')")
    s.commit()


def upsert():
    s = Session(autocommit=True)
    sql = ("INSERT INTO counter VALUES (%s, 1, %s) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, "
           "last = excluded.last RETURNING hits, xmax = 0 AS is_new")
    for i in range(5):
        s.run(f"home {i}", sql, ("home", "first"))
    s.run("nothing", "INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits")
    s.attempt("two", lambda: psycopg2.extras.execute_values(
        s.cursor, "INSERT INTO counter VALUES %s ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, "
        "last = 'again' RETURNING name, hits", [("home", 1, "first"), ("away", 1, "first")]))
    s.run("condition", "INSERT INTO counter VALUES ('away', 5) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false")


def errors():
    s = Session()
    s.run("insert", "INSERT INTO strict VALUES (1, 'a', 1)")
    s.run("duplicate", "INSERT INTO strict VALUES (1, 'b', 2)")
    s.run("in a failed transaction", "SELECT 1")
    s.rollback()
    s.run("deferred", "INSERT INTO strict VALUES (2, 'b', 1), (3, 'c', 1)")
    s.commit("commit that fails")
    s.run("insert once more", "INSERT INTO strict VALUES (5, 'e', 5)")
    s.run("division", "UPDATE strict SET rank = rank / 0")
    s.commit("commit of a failed transaction")
    s.connection.autocommit = True
    s.run("null", "INSERT INTO strict VALUES (4, %s, 4)", (None,))
    s.run("syntax", "UPDATE strict SETT v = 'x'")
    s.run("no table", "UPDATE nowhere SET v = 'x'")
    s.run("several, the last failing", "INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0")
    s.run("works on", "INSERT INTO strict VALUES (4, 'd', 4)")


def large():
    s = Session()
    s.run("insert", "INSERT INTO blob VALUES (1, %s, %s) RETURNING y, t", (psycopg2.Binary(FIRST_BYTES), LONG_TEXT))
    s.commit()
    s.run("update", "UPDATE blob SET y = %s WHERE t = %s", (psycopg2.Binary(SECOND_BYTES), LONG_TEXT))
    s.commit()
    s.run("select", "SELECT * FROM blob")


def cancel():
    s = Session()
    watcher = Session(autocommit=True)

    def asleep():
        watcher.cursor.execute(SLEEPING)
        return watcher.cursor.fetchone()[0]

    def cancelled(step, sql):
        thread = threading.Thread(target=lambda: (until_sleeping(asleep), s.connection.cancel()))
        thread.start()
        s.run(step, sql)
        thread.join()

    s.connection.autocommit = True
    cancelled("read", "SELECT pg_sleep(600)")
    s.run("works on", "SELECT 1")
    cancelled("write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL")
    s.connection.autocommit = False
    s.run("insert", "INSERT INTO job VALUES (1, 'never')")
    cancelled("in a transaction", "SELECT pg_sleep(600)")
    s.rollback()
    s.run("insert again", "INSERT INTO job VALUES (2, 'done')")
    s.commit()


def reconnect():
    s = Session()
    s.run("insert", "INSERT INTO visit VALUES (1, 'lost')")
    s.run("terminate", "SELECT pg_terminate_backend(pg_backend_pid())")
    emit("closed", closed=s.connection.closed)
    s = Session(autocommit=True)
    s.run("select", "SELECT * FROM visit")
    s.run("insert again", "INSERT INTO visit VALUES (2, 'back')")


def copy():
    s = Session()
    lines = "".join(f"{i}\tcopied {i}\t{i}.00\n" for i in range(1, 101))
    s.attempt("in", lambda: s.cursor.copy_expert("COPY copied FROM STDIN", io.StringIO(lines)))
    s.commit()
    out = io.StringIO()
    s.attempt("out", lambda: s.cursor.copy_to(out, "copied"))
    emit("text", text=out.getvalue())
    s.commit()
    s.attempt("bad row", lambda: s.cursor.copy_expert("COPY copied FROM STDIN", io.StringIO("one\tx\t1\n")))
    s.rollback()
    s.attempt("broken off", lambda: s.cursor.copy_from(io.StringIO("200\tx\t1\n201"), "copied"))
    s.rollback()


main({f.__name__: f for f in (crud, prepared, batch, types, cursor, savepoint, upsert, errors, large, cancel, reconnect, copy)})
