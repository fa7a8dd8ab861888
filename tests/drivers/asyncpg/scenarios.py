"""asyncpg: everything prepared under names, binary both ways, Flush between Parse and Bind, fetchrow with a row limit,
executemany under one Sync, cursors over portals, a pool that resets its connections, COPY of records."""

import asyncio
import datetime
import decimal
import io
import uuid

import asyncpg
from outcome import CONNECTION, FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, WORDS, emit, main


async def connect(**more):
    return await asyncpg.connect(**CONNECTION, ssl=False, **more)


def rows(records):
    return [dict(record) for record in records]


async def attempt(step, awaitable):
    try:
        result = await awaitable
        if isinstance(result, list):
            result = [dict(item) if isinstance(item, asyncpg.Record) else item for item in result]
        elif isinstance(result, asyncpg.Record):
            result = dict(result)
        emit(step, result=result)
    except asyncpg.PostgresError as error:
        emit(step, error=type(error).__name__, sqlstate=error.sqlstate, text=str(error),
             fields=[getattr(error, name, None) for name in ("severity", "detail", "constraint_name", "table_name", "position")])
    except (asyncpg.InterfaceError, asyncio.CancelledError, OSError) as error:
        emit(step, error=type(error).__name__, text=str(error))


async def crud():
    async with asyncpg.create_pool(**CONNECTION, ssl=False, min_size=1, max_size=1) as pool:
        insert = "INSERT INTO account (name, balance, note) VALUES ($1, $2, $3) RETURNING id"
        await attempt("insert", pool.fetchval(insert, "ann", decimal.Decimal("12.50"), None))
        await attempt("insert defaults", pool.fetchrow("INSERT INTO account (name) VALUES ($1) RETURNING *", "bob"))
        await attempt("insert without returning", pool.execute(
            "INSERT INTO account (name, balance, note) VALUES ($1, 7.25, 'x')", "cid"))
        await attempt("select", pool.fetch("SELECT * FROM account ORDER BY id"))
        async with pool.acquire() as c:
            await attempt("update", c.execute("UPDATE account SET balance = balance + $1 WHERE id = $2",
                                              decimal.Decimal("1.25"), 1))
            await attempt("update none", c.execute("UPDATE account SET note = 'never' WHERE id = -1"))
            await attempt("update returning", c.fetchrow(
                "UPDATE account SET note = $1 WHERE name = 'cid' RETURNING note, doubled", WORDS))
            await attempt("first of many", c.fetchrow("UPDATE account SET note = note RETURNING id"))
            await attempt("delete", c.execute("DELETE FROM account WHERE id = ANY($1)", [2, 77]))
            transaction = c.transaction(isolation="serializable")
            await transaction.start()
            await attempt("update in vain", c.execute("UPDATE account SET note = 'never'"))
            await transaction.rollback()
        await attempt("select again", pool.fetch("SELECT id, name, balance, note FROM account ORDER BY id"))


async def prepared():
    c = await connect()
    put = await c.prepare("INSERT INTO prepared VALUES ($1, $2)")
    more = await c.prepare("UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v")
    emit("described", parameters=[p.name for p in put.get_parameters()], attributes=[a.name for a in more.get_attributes()])
    for i in range(1, 9):
        await attempt(f"insert {i}", put.fetch(i, f"row {i}"))
        await attempt(f"update {i}", more.fetchval(i))
        emit(f"update {i}: tag", tag=more.get_statusmsg())
    await c.execute("DEALLOCATE ALL")
    await attempt("update what is gone", more.fetchval(1))
    await c.reload_schema_state()
    await attempt("update again", c.fetchval("UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v", 1))
    await c.close()
    c = await connect(statement_cache_size=0)
    for i in range(3):
        await attempt(f"unnamed {i}", c.execute("UPDATE prepared SET v = v WHERE id = $1", i))
    await c.close()


async def batch():
    c = await connect()
    insert = "INSERT INTO entry VALUES ($1, $2)"
    entries = [(i, f"entry {i}") for i in range(1, 301)]
    await attempt("executemany", c.executemany(insert, entries[:200]))
    await attempt("fetchmany", c.fetchmany(insert + " RETURNING id, v", entries[200:]))
    async with c.transaction():
        await attempt("update", c.executemany("UPDATE entry SET v = v || '!' WHERE id = $1", [(i,) for i in range(1, 101)]))
    await attempt("delete", c.executemany("DELETE FROM entry WHERE id = $1", [(i,) for i in range(201, 301)]))
    await attempt("failing", c.executemany(insert, [(1001, "a"), (1, "b"), (1002, "c")]))
    await attempt("several statements", c.execute("UPDATE entry SET v = v WHERE id = 1; DELETE FROM entry WHERE id = -1"))
    await attempt("left", c.fetchrow("SELECT count(*), max(id) FROM entry"))
    await c.close()


VALUES = (True, -32768, 2147483647, -9223372036854775808, 1.5, 0.1, decimal.Decimal("12345678901234567890.123456789"), WORDS,
          b"\x00\xff\x10", datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 34, 56, 789012),
          datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, datetime.timezone.utc),
          datetime.timedelta(days=1, hours=2, minutes=3, seconds=4), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
          '{"a": [1, null]}', '{"b": "c"}', [1, None, 3], ["x", 'y,"z"', ""])


async def types():
    c = await connect()
    places = ", ".join(f"${i}" for i in range(1, 19))
    await attempt("insert", c.fetchrow(f"INSERT INTO typed VALUES (1, {places}) RETURNING *", *VALUES))
    await attempt("insert nulls", c.fetchrow(f"INSERT INTO typed VALUES (2, {places}) RETURNING *", *(None,) * 18))
    await attempt("update", c.fetch("UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *"))
    await c.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=str)  # as text, the rest in binary
    await attempt("mixed formats", c.fetch("UPDATE typed SET n = n RETURNING n, y, i8"))
    await attempt("select", c.fetch("SELECT * FROM typed ORDER BY id"))
    await attempt("wrong value", c.fetchrow("UPDATE typed SET t = $1::text WHERE id = $1::text::int", "x"))
    await c.close()


async def cursor():
    c = await connect()
    async with c.transaction():
        portal = await c.cursor("SELECT id, v FROM number WHERE id > $1 ORDER BY id", 0)
        emit("fetch", rows=rows(await portal.fetch(10)))
        await attempt("update meanwhile", c.execute("UPDATE number SET v = v + 1000 WHERE id <= 5"))
        emit("forward", moved=await portal.forward(5), row=dict(await portal.fetchrow()))
        emit("fetch rest", rows=rows(await portal.fetch(500)), exhausted=await portal.fetchrow())
        updated = c.cursor("UPDATE number SET v = -v WHERE id BETWEEN 101 AND 110 RETURNING id, v", prefetch=3)
        emit("update in parts", rows=[dict(row) async for row in updated])
    async with c.transaction():
        await c.execute("DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE; FETCH locking")
        await attempt("update where current", c.fetch("UPDATE number SET v = 0 WHERE CURRENT OF locking RETURNING id"))
    await c.close()


async def parts():
    c = await connect()
    sql = "UPDATE part SET v = $1 * v WHERE id <= 10 AND v > 0 RETURNING id, v"
    async with c.transaction():
        portal = await c.cursor(sql, -1)
        emit("in parts", first=rows(await portal.fetch(3)), one=dict(await portal.fetchrow()), rest=rows(await portal.fetch(50)))
    await attempt("first row", c.fetchrow("UPDATE part SET v = v - 1 WHERE id BETWEEN 11 AND 19 RETURNING id, v"))
    await c.close()


async def savepoint():
    c = await connect()
    async with c.transaction():
        await c.execute("INSERT INTO step VALUES (1, 'outer')")
        async with c.transaction():
            await attempt("kept", c.execute("INSERT INTO step VALUES ($1, $2)", 2, "kept"))
            inner = c.transaction()
            await inner.start()
            await attempt("lost", c.execute("INSERT INTO step VALUES ($1, $2)", 3, "lost"))
            await inner.rollback()
            await attempt("kept twice", c.execute("UPDATE step SET v = $1 WHERE id = 2", "kept twice"))
        inner = c.transaction()
        await inner.start()
        await attempt("duplicate", c.execute("INSERT INTO step VALUES ($1, $2)", 1, "again"))
        await inner.rollback()
        await attempt("after", c.execute("INSERT INTO step VALUES ($1, $2)", 4, "after"))
    await attempt("committed", c.fetch("SELECT * FROM step ORDER BY id"))
    await c.close()


async def upsert():
    c = await connect()
    sql = ("INSERT INTO counter VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, "
           "last = excluded.last RETURNING hits, xmax = 0 AS is_new")
    for i in range(5):
        await attempt(f"home {i}", c.fetchrow(sql, "home", "first"))
    await attempt("nothing", c.fetchrow("INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits"))
    await attempt("two", c.fetch(
        "INSERT INTO counter SELECT n, 1, 'first' FROM unnest($1::text[]) n ON CONFLICT (name) "
        "DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits", ["home", "away"]))
    await attempt("condition", c.execute(
        "INSERT INTO counter VALUES ('away', $1) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false", 5))
    await c.close()


async def errors():
    c = await connect()
    transaction = c.transaction()
    await transaction.start()
    await attempt("insert", c.execute("INSERT INTO strict VALUES (1, 'a', 1)"))
    await attempt("duplicate", c.execute("INSERT INTO strict VALUES ($1, 'b', 2)", 1))
    await attempt("in a failed transaction", c.fetch("SELECT 1"))
    await transaction.rollback()
    transaction = c.transaction()
    await transaction.start()
    await attempt("deferred", c.execute("INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1)", 2))
    await attempt("commit that fails", transaction.commit())
    transaction = c.transaction()
    await transaction.start()
    await attempt("insert once more", c.execute("INSERT INTO strict VALUES (5, 'e', 5)"))
    await attempt("division", c.execute("UPDATE strict SET rank = rank / $1", 0))
    await attempt("commit of a failed transaction", transaction.commit())
    emit("in transaction", value=c.is_in_transaction())
    await attempt("null", c.execute("INSERT INTO strict VALUES (4, $1, 4)", None))
    await attempt("deferred, by itself", c.fetchrow("INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1) RETURNING *", 2))
    await attempt("syntax", c.execute("UPDATE strict SETT v = $1", "x"))
    await attempt("no table", c.fetch("UPDATE nowhere SET v = 'x'"))
    await attempt("several, the last failing", c.execute("INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0"))
    await attempt("works on", c.execute("INSERT INTO strict VALUES ($1, 'd', 4)", 4))
    await c.close()


async def large():
    c = await connect()
    await attempt("insert", c.fetchrow("INSERT INTO blob VALUES (1, $1, $2) RETURNING y, t", FIRST_BYTES, LONG_TEXT))
    await attempt("update", c.execute("UPDATE blob SET y = $1 WHERE t = $2", SECOND_BYTES, LONG_TEXT))
    await attempt("select", c.fetch("SELECT * FROM blob"))
    await c.close()


async def asleep(watcher):
    async with asyncio.timeout(60):
        while not await watcher.fetchval(SLEEPING):
            await asyncio.sleep(0.01)


async def cancel():
    c, watcher = await connect(), await connect()

    async def cancelled(step, sql, act):
        task = asyncio.create_task(c.execute(sql))
        await asleep(watcher)
        await act(task)
        await attempt(step, task)
        await attempt(step + ": works on", c.fetchval("SELECT 1"))  # waits for the end of what was cancelled

    async def by_task(task):  # asyncpg sends a CancelRequest and keeps what comes back for itself
        task.cancel()

    async def by_server(task):
        await watcher.execute("SELECT pg_cancel_backend($1)", c.get_server_pid())

    await cancelled("read", "SELECT pg_sleep(600)", by_task)
    await cancelled("write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL", by_task)
    await cancelled("write, by the server", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL", by_server)
    transaction = c.transaction()
    await transaction.start()
    await attempt("insert", c.execute("INSERT INTO job VALUES ($1, 'never')", 1))
    await cancelled("in a transaction", "SELECT pg_sleep(600)", by_task)
    await transaction.rollback()
    await attempt("insert again", c.execute("INSERT INTO job VALUES ($1, 'done')", 2))
    await c.close()
    await watcher.close()


async def reconnect():
    c = await connect()
    await c.execute("BEGIN")
    await attempt("insert", c.execute("INSERT INTO visit VALUES ($1, 'lost')", 1))
    await attempt("terminate", c.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
    emit("closed", closed=c.is_closed())
    await attempt("on a closed connection", c.execute("SELECT 1"))
    c = await connect()
    await attempt("select", c.fetch("SELECT * FROM visit"))
    await attempt("insert again", c.execute("INSERT INTO visit VALUES ($1, 'back')", 2))
    await c.close()


async def copy():
    c = await connect()
    records = [(i, f"copied {i}", decimal.Decimal(f"{i}.00")) for i in range(1, 101)]
    await attempt("records", c.copy_records_to_table("copied", records=records[:50]))
    text = "".join(f"{i}\t{v}\t{n}\n" for i, v, n in records[50:])
    await attempt("text", c.copy_to_table("copied", source=io.BytesIO(text.encode())))
    out = io.BytesIO()
    await attempt("out", c.copy_from_table("copied", output=out, format="csv"))
    await attempt("out of a query", c.copy_from_query("SELECT * FROM copied WHERE id > $1", 98, output=out))
    emit("data", text=out.getvalue().decode())
    await attempt("bad row", c.copy_to_table("copied", source=io.BytesIO(b"one\tx\t1\n")))
    async with c.transaction():
        await attempt("in a transaction", c.copy_records_to_table("copied", records=[(200, "x", None)]))
        await attempt("deleted again", c.execute("DELETE FROM copied WHERE id = $1", 200))
    await c.close()



main({f.__name__: f for f in (crud, prepared, batch, types, cursor, parts, savepoint, upsert, errors, large, cancel, reconnect, copy)},
     lambda scenario, name: asyncio.run(scenario()))
