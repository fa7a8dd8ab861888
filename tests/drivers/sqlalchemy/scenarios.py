"""SQLAlchemy's ORM on the dialect named by DIALECT: flushes with RETURNING, insertmanyvalues, bulk updates by primary key,
begin_nested, yield_per, upserts. The asynchronous dialect runs the same code inside a greenlet."""

import asyncio
import datetime
import decimal
import io
import os
import threading
import uuid

import asyncpg
import psycopg2
import sqlalchemy
from outcome import CONNECTION, FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, WORDS, emit, main, until_sleeping
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert_into
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only, greenlet_spawn
from tables import Account, Blob, Counter, Entry, Job, Number, Prepared, Step, Strict, Typed, Visit

DIALECT = os.environ["DIALECT"]
ASYNC = DIALECT == "asyncpg"
URL = sqlalchemy.URL.create(f"postgresql+{DIALECT}", CONNECTION["user"], None, CONNECTION["host"], CONNECTION["port"],
                            CONNECTION["database"])


def make_engine():
    return create_async_engine(URL, pool_size=1).sync_engine if ASYNC else sqlalchemy.create_engine(
        URL, pool_size=1, executemany_mode="values_plus_batch")


def shown(thing):
    """A mapped object by its columns."""
    if hasattr(thing, "__table__"):
        return {column.name: getattr(thing, column.name) for column in thing.__table__.columns}
    return thing


def attempt(step, act):
    try:
        result = act()
        if isinstance(result, sqlalchemy.CursorResult) and not result.returns_rows:
            emit(step, count=result.rowcount)
        elif isinstance(result, sqlalchemy.Result):
            emit(step, rows=[[shown(item) for item in row] for row in result])
        else:
            emit(step, result=shown(result))
    except DBAPIError as error:
        emit(step, error=type(error).__name__, sqlstate=getattr(error.orig, "pgcode", None) or
             getattr(error.orig, "sqlstate", None), text=str(error.orig), invalidated=error.connection_invalidated)


def crud(engine):
    with Session(engine, expire_on_commit=False) as s:
        ann = Account(name="ann", balance=decimal.Decimal("12.50"), note=sqlalchemy.null())
        bob, cid = Account(name="bob"), Account(name="cid", balance=decimal.Decimal("7.25"), note="x")
        s.add_all([ann, bob, cid])
        attempt("flush", s.flush)  # ids and defaults come back
        emit("inserted", rows=[shown(ann), shown(bob), shown(cid)])
        ann.balance += decimal.Decimal("1.25")
        cid.note = WORDS
        attempt("flush updates", s.flush)
        emit("updated", rows=[shown(ann), shown(cid)])
        s.delete(bob)
        attempt("commit", s.commit)
        attempt("update returning", lambda: s.execute(
            update(Account).where(Account.name == "cid").values(note=Account.note).returning(Account)))
        attempt("update none", lambda: s.execute(update(Account).where(Account.id == -1).values(note="never")))
        s.commit()
        s.execute(update(Account).values(note="never"))
        s.rollback()
        attempt("select", lambda: s.execute(select(Account).order_by(Account.id)))


def prepared(engine):
    for i in range(1, 9):
        with Session(engine) as s:
            s.add(Prepared(id=i, v=f"row {i}"))
            attempt(f"insert {i}", s.commit)
            attempt(f"update {i}", lambda: s.execute(
                update(Prepared).where(Prepared.id == i).values(v=Prepared.v + "+").returning(Prepared.v)))
            attempt(f"commit {i}", s.commit)
    with engine.begin() as c:
        attempt("update again", lambda: c.execute(text("UPDATE prepared SET v = v || '+' WHERE id = :id"), {"id": 1}))


def batch(engine):
    with Session(engine) as s:
        s.add_all([Entry(id=i, v=f"entry {i}") for i in range(1, 101)])
        attempt("flush", s.flush)
        attempt("insertmanyvalues", lambda: s.execute(
            insert(Entry).returning(Entry.id, Entry.v, sort_by_parameter_order=True),
            [{"id": i, "v": f"entry {i}"} for i in range(101, 201)], execution_options={"insertmanyvalues_page_size": 30}))
        attempt("executemany", lambda: s.connection().execute(
            insert(Entry), [{"id": i, "v": f"entry {i}"} for i in range(201, 301)]))
        attempt("update by primary key", lambda: s.execute(
            update(Entry), [{"id": i, "v": f"entry {i}!"} for i in range(1, 101)]))
        attempt("commit", s.commit)
        for entry in s.scalars(select(Entry).where(Entry.id.between(201, 250))):
            s.delete(entry)
        attempt("flush deletes", s.flush)
        attempt("delete", lambda: s.execute(delete(Entry).where(Entry.id > 250).returning(Entry.id)))
        attempt("commit deletes", s.commit)
        s.add_all([Entry(id=i) for i in (1001, 1, 1002)])
        attempt("failing flush", s.flush)
        s.rollback()
        attempt("left", lambda: s.execute(select(func.count(), func.max(Entry.id))))


VALUES = dict(b=True, i2=-32768, i4=2147483647, i8=-9223372036854775808, f4=1.5, f8=0.1,
              n=decimal.Decimal("12345678901234567890.123456789"), t=WORDS, y=b"\x00\xff\x10", d=datetime.date(2024, 2, 29),
              ts=datetime.datetime(2024, 2, 29, 12, 34, 56, 789012),
              tz=datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, datetime.timezone.utc),
              iv=datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), u=uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
              j={"a": [1, None]}, jb={"b": "c"}, ia=[1, None, 3], ta=["x", 'y,"z"', ""])


def types(engine):
    with Session(engine) as s:
        s.add_all([Typed(id=1, **VALUES), Typed(id=2)])
        attempt("flush", s.flush)
        attempt("update", lambda: s.execute(update(Typed).values(f8=Typed.f8, n=Typed.n, ia=Typed.ia).returning(Typed)))
        s.commit()
        attempt("select", lambda: s.execute(select(Typed).order_by(Typed.id)))


def cursor(engine):
    with Session(engine) as s:
        result = s.execute(select(Number).order_by(Number.id).execution_options(yield_per=7))
        for part in result.partitions(10):
            emit("part", rows=[shown(row[0]) for row in part])
            s.connection().execute(update(Number).where(Number.id == part[0][0].id, Number.id <= 5).values(v=Number.v))
        attempt("update", lambda: s.execute(update(Number).where(Number.id <= 5).values(v=Number.v + 1000)))
        attempt("update returning", lambda: s.execute(
            update(Number).where(Number.id.between(101, 110)).values(v=-Number.v).returning(Number.id, Number.v)))
        attempt("commit", s.commit)
        s.execute(text("DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE"))
        attempt("fetch", lambda: s.execute(text("FETCH locking")))
        attempt("update where current", lambda: s.execute(text("UPDATE number SET v = 0 WHERE CURRENT OF locking RETURNING id")))
        attempt("commit again", s.commit)


def savepoint(engine):
    with Session(engine) as s:
        s.add(Step(id=1, v="outer"))
        with s.begin_nested():
            kept = Step(id=2, v="kept")
            s.add(kept)
            inner = s.begin_nested()
            s.add(Step(id=3, v="lost"))
            attempt("lost", s.flush)
            inner.rollback()
            kept.v = "kept twice"
        inner = s.begin_nested()
        attempt("duplicate", lambda: s.connection().execute(insert(Step).values(id=1, v="again")))
        inner.rollback()
        s.add(Step(id=4, v="after"))
        attempt("commit", s.commit)
        attempt("select", lambda: s.execute(select(Step).order_by(Step.id)))


def upsert(engine):
    with Session(engine) as s:
        put = upsert_into(Counter)
        more = put.on_conflict_do_update(index_elements=["name"], set_={"hits": Counter.hits + 1, "last": put.excluded.last})
        for i in range(5):
            attempt(f"home {i}", lambda: s.execute(more.returning(Counter.hits), {"name": "home", "hits": 1, "last": "first"}))
            s.commit()
        attempt("nothing", lambda: s.execute(put.values(name="home", hits=99).on_conflict_do_nothing().returning(Counter.hits)))
        again = put.on_conflict_do_update(index_elements=["name"], set_={"hits": Counter.hits + 1, "last": "again"})
        attempt("two", lambda: s.execute(again.returning(Counter.name, Counter.hits), [
            {"name": name, "hits": 1, "last": "first"} for name in ("home", "away")]))
        s.commit()


def errors(engine):
    with Session(engine) as s:
        s.add(Strict(id=1, v="a", rank=1))
        attempt("insert", s.flush)
        run = lambda step, sql, **values: attempt(step, lambda: s.connection().execute(text(sql), values))  # noqa: E731
        run("duplicate", "INSERT INTO strict VALUES (:id, 'b', 2)", id=1)
        run("in a failed transaction", "SELECT 1")
        s.rollback()
        s.add_all([Strict(id=2, v="b", rank=1), Strict(id=3, v="c", rank=1)])
        attempt("commit that fails", s.commit)
        s.rollback()
        run("division", "UPDATE strict SET rank = 1 / :zero WHERE id = 1 OR 1 / :zero > 0", zero=0)
        s.rollback()
        s.add(Strict(id=4, rank=4))
        attempt("null", s.flush)
        s.rollback()
        run("syntax", "UPDATE strict SETT v = :v", v="x")
        s.rollback()
        run("no table", "UPDATE nowhere SET v = 'x'")
        s.rollback()
        s.add(Strict(id=4, v="d", rank=4))
        attempt("works on", s.commit)


def large(engine):
    with Session(engine) as s:
        blob = Blob(id=1, y=FIRST_BYTES, t=LONG_TEXT)
        s.add(blob)
        attempt("insert", s.commit)
        blob.y = SECOND_BYTES
        attempt("update", s.commit)
        attempt("select", lambda: s.execute(select(Blob)))


def cancel(engine):
    """By the means of the driver below."""
    watcher = psycopg2.connect(**CONNECTION)
    watcher.autocommit = True

    def asleep():
        with watcher.cursor() as c:
            c.execute(SLEEPING)
            return c.fetchone()[0]

    with Session(engine) as s:
        pid = s.execute(text("SELECT pg_backend_pid()")).scalar()
        raw = s.connection().connection.driver_connection

        def stop():
            until_sleeping(asleep)
            if ASYNC:
                with watcher.cursor() as c:
                    c.execute("SELECT pg_cancel_backend(%s)", (pid,))
            else:
                raw.cancel()

        def cancelled(step, sql):
            thread = threading.Thread(target=stop)
            thread.start()
            attempt(step, lambda: s.execute(text(sql)))
            thread.join()
            s.rollback()

        cancelled("read", "SELECT pg_sleep(600)")
        attempt("works on", lambda: s.execute(text("SELECT 1")))
        cancelled("write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL")
        s.add(Job(id=1, state="never"))
        attempt("insert", s.flush)
        cancelled("in a transaction", "SELECT pg_sleep(600)")
        s.add(Job(id=2, state="done"))
        attempt("insert again", s.commit)
    watcher.close()


def reconnect(engine):
    with Session(engine) as s:
        s.add(Visit(id=1, v="lost"))
        s.flush()
        attempt("terminate", lambda: s.execute(text("SELECT pg_terminate_backend(pg_backend_pid())")))
    with Session(engine) as s:  # the pool has thrown the connection away
        attempt("select", lambda: s.execute(select(Visit)))
        s.add(Visit(id=2, v="back"))
        attempt("insert again", s.commit)


def copy(engine):
    """Through the driver's own connection, in SQLAlchemy's transaction."""
    lines = "".join(f"{i}\tcopied {i}\t{i}.00\n" for i in range(1, 101))
    with engine.begin() as c:
        attempt("in", lambda: copy_in(c, lines))
        attempt("count", lambda: c.execute(text("SELECT count(*) FROM copied")))
    with engine.connect() as c:
        try:
            copy_in(c, "one\tx\t1\n")
        except (psycopg2.Error, asyncpg.PostgresError) as error:
            emit("bad row", sqlstate=getattr(error, "pgcode", None) or error.sqlstate, text=str(error))
        c.rollback()


def copy_in(c, lines):
    raw = c.connection.driver_connection
    if ASYNC:
        c.execute(text("SELECT 1"))  # begins SQLAlchemy's transaction, which the driver's connection knows nothing of
        return await_only(raw.copy_to_table("copied", source=io.BytesIO(lines.encode())))
    with raw.cursor() as cursor:
        cursor.copy_expert("COPY copied FROM STDIN", io.StringIO(lines))
        return cursor.rowcount


def run(scenario, name):
    engine = make_engine()
    if not ASYNC:
        scenario(engine)
        engine.dispose()
        return

    async def inside():
        await greenlet_spawn(scenario, engine)
        await greenlet_spawn(engine.dispose)

    asyncio.run(inside())


main({f.__name__: f for f in (crud, prepared, batch, types, cursor, savepoint, upsert, errors, large, cancel, reconnect, copy)},
     run)
