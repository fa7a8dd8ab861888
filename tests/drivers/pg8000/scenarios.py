"""pg8000, dbapi and native: text all over, a Flush behind every message, named portals, BEGIN as a statement of its own."""

import datetime
import decimal
import io
import threading
import uuid

import pg8000.dbapi
import pg8000.native
from outcome import CONNECTION, FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, WORDS, emit, main, until_sleeping

ERRORS = (pg8000.dbapi.Error, pg8000.native.InterfaceError, OSError)


class Session:
    """The dbapi: %s places, transactions that begin by themselves."""

    def __init__(self, autocommit=False):
        self.connection = pg8000.dbapi.connect(**CONNECTION)
        self.connection.autocommit = autocommit
        self.cursor = self.connection.cursor()

    def run(self, step, sql, parameters=(), stream=None):
        self.attempt(step, lambda: self.cursor.execute(sql, parameters, stream=stream))

    def attempt(self, step, act):
        c = self.cursor
        try:
            act()
            rows = [list(row) for row in c.fetchall()] if c.description else None
            columns = [(column[0], column[1]) for column in c.description or ()]
            emit(step, rows=rows, columns=columns, count=c.rowcount)
        except ERRORS as error:
            emit_error(step, error)

    def commit(self, step="commit"):
        self.end(step, self.connection.commit)

    def rollback(self, step="rollback"):
        self.end(step, self.connection.rollback)

    def end(self, step, act):
        try:
            act()
            emit(step)
        except ERRORS as error:
            emit_error(step, error)


class Native:
    """The native interface: named values, statements that can be prepared."""

    def __init__(self):
        c = CONNECTION
        self.connection = pg8000.native.Connection(c["user"], host=c["host"], port=c["port"], database=c["database"])

    def run(self, step, sql, **values):
        try:
            rows = self.connection.run(sql, **values)
            emit(step, rows=rows, columns=self.connection.columns, count=self.connection.row_count)
        except ERRORS as error:
            emit_error(step, error)


def emit_error(step, error):
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    emit(step, error=type(error).__name__, sqlstate=fields.get("C"), fields=fields, text=None if fields else str(error))


def crud():
    s = Session()
    s.run("insert", "INSERT INTO account (name, balance, note) VALUES (%s, %s, %s) RETURNING id",
          ("ann", decimal.Decimal("12.50"), None))
    s.run("insert defaults", "INSERT INTO account (name) VALUES (%s) RETURNING *", ("bob",))
    s.run("insert without returning", "INSERT INTO account (name, balance, note) VALUES (%s, 7.25, 'x')", ("cid",))
    s.commit()
    s.run("select", "SELECT * FROM account ORDER BY id")
    s.run("update", "UPDATE account SET balance = balance + %s WHERE id = %s", (decimal.Decimal("1.25"), 1))
    s.run("update none", "UPDATE account SET note = 'never' WHERE id = -1")
    s.run("update returning", "UPDATE account SET note = %s WHERE name = 'cid' RETURNING note, doubled", (WORDS,))
    s.run("delete", "DELETE FROM account WHERE id = ANY(%s)", ([2, 77],))
    s.commit()
    s.run("update in vain", "UPDATE account SET note = 'never'")
    s.rollback()
    n = Native()
    n.run("native update", "UPDATE account SET note = note WHERE name = :name RETURNING id, note", name="ann")
    n.run("native select", "SELECT id, name, balance, note FROM account ORDER BY id")


def prepared():
    n = Native()
    put = n.connection.prepare("INSERT INTO prepared VALUES (:id, :v)")
    more = n.connection.prepare("UPDATE prepared SET v = v || '+' WHERE id = :id RETURNING v")
    for i in range(1, 9):
        emit(f"insert {i}", rows=put.run(id=i, v=f"row {i}"), columns=put.columns)
        emit(f"update {i}", rows=more.run(id=i), columns=more.columns)
    more.close()
    again = n.connection.prepare("UPDATE prepared SET v = v || '+' WHERE id = :id")
    emit("update again", rows=again.run(id=1), count=n.connection.row_count)
    n.run("names", "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'pg8000%'")


def batch():
    s = Session()
    insert = "INSERT INTO entry VALUES (%s, %s)"
    s.attempt("executemany", lambda: s.cursor.executemany(insert, [(i, f"entry {i}") for i in range(1, 301)]))
    s.attempt("update", lambda: s.cursor.executemany(
        "UPDATE entry SET v = v || '!' WHERE id = %s", [(i,) for i in range(1, 101)]))
    s.commit()
    s.connection.autocommit = True
    s.attempt("delete", lambda: s.cursor.executemany("DELETE FROM entry WHERE id = %s", [(i,) for i in range(201, 301)]))
    s.connection.autocommit = False
    s.attempt("failing", lambda: s.cursor.executemany(insert, [(1001, "a"), (1, "b"), (1002, "c")]))
    s.rollback()
    Native().run("several statements", "UPDATE entry SET v = v WHERE id = 1; SELECT 5; DELETE FROM entry WHERE id = -1")
    s.run("left", "SELECT count(*), max(id) FROM entry")


VALUES = (True, -32768, 2147483647, -9223372036854775808, 1.5, 0.1, decimal.Decimal("12345678901234567890.123456789"), WORDS,
          b"\x00\xff\x10", datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 34, 56, 789012),
          datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, datetime.timezone.utc),
          datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
          {"a": [1, None]}, {"b": "c"}, [1, None, 3], ["x", 'y,"z"', ""])


def types():
    s = Session(autocommit=True)
    places = ", ".join(["%s"] * 18)
    s.run("insert", f"INSERT INTO typed VALUES (1, {places}) RETURNING *", VALUES)
    s.run("insert nulls", f"INSERT INTO typed VALUES (2, {places}) RETURNING *", (None,) * 18)
    s.run("update", "UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *")
    s.run("select", "SELECT * FROM typed ORDER BY id")


def cursor():
    s = Session()
    s.run("declare", "DECLARE portal CURSOR FOR SELECT id, v FROM number ORDER BY id")
    s.run("fetch", "FETCH 10 FROM portal")
    s.run("update meanwhile", "UPDATE number SET v = v + 1000 WHERE id <= %s", (5,))
    s.run("fetch the rest", "FETCH ALL FROM portal")
    s.run("declare locking", "DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE")
    s.run("fetch locking", "FETCH locking")
    s.run("update where current", "UPDATE number SET v = 0 WHERE CURRENT OF locking RETURNING id")
    s.run("update returning", "UPDATE number SET v = -v WHERE id BETWEEN 101 AND 110 RETURNING id, v")
    s.commit()


def savepoint():
    n = Native()
    n.run("begin", "START TRANSACTION")
    n.run("outer", "INSERT INTO step VALUES (1, :v)", v="outer")
    n.run("savepoint a", "SAVEPOINT a")
    n.run("kept", "INSERT INTO step VALUES (2, :v)", v="kept")
    n.run("savepoint b", "SAVEPOINT b")
    n.run("lost", "INSERT INTO step VALUES (3, :v)", v="lost")
    n.run("back to b", "ROLLBACK TO SAVEPOINT b")
    n.run("kept twice", "UPDATE step SET v = :v WHERE id = 2", v="kept twice")
    n.run("release a", "RELEASE SAVEPOINT a")
    n.run("savepoint c", "SAVEPOINT c")
    n.run("duplicate", "INSERT INTO step VALUES (1, :v)", v="again")
    n.run("back to c", "ROLLBACK TO c")
    n.run("after", "INSERT INTO step VALUES (4, :v)", v="after")
    n.run("commit", "COMMIT")
    n.run("select", "SELECT * FROM step ORDER BY id")


def upsert():
    s = Session(autocommit=True)
    sql = ("INSERT INTO counter VALUES (%s, 1, %s) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, "
           "last = excluded.last RETURNING hits, xmax = 0 AS is_new")
    for i in range(5):
        s.run(f"home {i}", sql, ("home", "first"))
    s.run("nothing", "INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits")
    s.run("two", "INSERT INTO counter VALUES (%s, 1, 'first'), (%s, 1, 'first') ON CONFLICT (name) "
          "DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits", ("home", "away"))
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
    s.run("works on", "INSERT INTO strict VALUES (%s, 'd', 4)", (4,))


def large():
    s = Session()
    s.run("insert", "INSERT INTO blob VALUES (1, %s, %s) RETURNING y, t", (FIRST_BYTES, LONG_TEXT))
    s.commit()
    s.run("update", "UPDATE blob SET y = %s WHERE t = %s", (SECOND_BYTES, LONG_TEXT))
    s.commit()
    s.run("select", "SELECT * FROM blob")


def cancel():
    """pg8000 has no cancel of its own: the server is asked by another session."""
    s = Session(autocommit=True)
    watcher = pg8000.native.Connection(CONNECTION["user"], **{k: v for k, v in CONNECTION.items() if k != "user"})
    s.cursor.execute("SELECT pg_backend_pid()")
    (pid,) = s.cursor.fetchone()

    def cancelled(step, sql):
        thread = threading.Thread(target=lambda: (
            until_sleeping(lambda: watcher.run(SLEEPING)[0][0]), watcher.run("SELECT pg_cancel_backend(:pid)", pid=pid)))
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
    s.run("on a closed connection", "SELECT 1")
    s = Session(autocommit=True)
    s.run("select", "SELECT * FROM visit")
    s.run("insert again", "INSERT INTO visit VALUES (%s, 'back')", (2,))


def copy():
    s = Session()
    lines = "".join(f"{i}\tcopied {i}\t{i}.00\n" for i in range(1, 101))
    s.run("in", "COPY copied FROM STDIN", stream=io.BytesIO(lines.encode()))
    s.commit()
    out = io.BytesIO()
    s.run("out", "COPY copied TO STDOUT", stream=out)
    emit("text", text=out.getvalue())
    s.commit()
    s.run("bad row", "COPY copied FROM STDIN", stream=io.BytesIO(b"one\tx\t1\n"))
    s.rollback()


main({f.__name__: f for f in (crud, prepared, batch, types, cursor, savepoint, upsert, errors, large, cancel, reconnect, copy)})
