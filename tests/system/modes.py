"""The ways in which clients send the same statements. Each turns the steps of a form (see forms.py) into rounds of
(bytes, how many ReadyForQuery answer them)."""

import rawpg


def literal(value):
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'" if isinstance(value, str) else str(value)


def with_literals(sql, values):
    for number, value in reversed(list(enumerate(values, 1))):
        sql = sql.replace(f"${number}", literal(value))
    return sql


def simple(steps):
    """One Query each, as psycopg2 does."""
    return [(rawpg.query(with_literals(sql, values)), 1) for sql, *values in steps]


def extended(steps):
    """Unnamed statement and portal, one Sync each, as most drivers do."""
    return [(rawpg.run_extended(sql, *values) + rawpg.sync(), 1) for sql, *values in steps]


def one_row_asked(steps):
    """As extended, but Execute asks for one row, as pgjdbc does for updates."""
    return [(rawpg.parse(sql) + rawpg.bind(*values) + rawpg.describe_portal() + rawpg.execute(max_rows=1) + rawpg.sync(), 1)
            for sql, *values in steps]


def prepared(steps):
    """Named statements, described first, executed by name alone afterwards, as asyncpg does."""
    rounds = []
    for number, (sql, *values) in enumerate(steps):
        name = f"s{number}"
        rounds.append((rawpg.parse(sql, name) + rawpg.describe_statement(name) + rawpg.sync(), 1))
        rounds.append((rawpg.bind(*values, statement=name) + rawpg.execute() + rawpg.sync(), 1))
        rounds.append((rawpg.close_statement(name) + rawpg.sync(), 1))
    return rounds


def pipelined(steps):
    """All at once, a Sync behind each, as postgres.js does."""
    return [(b"".join(data for data, _ in extended(steps)), len(steps))]


def burst(steps):
    """All at once with one Sync at the end, as psycopg3's pipeline and batches of pgjdbc do."""
    return [(b"".join(rawpg.run_extended(sql, *values) for sql, *values in steps) + rawpg.sync(), 1)]


def named_portals(steps):
    """Named portals and a Flush behind every message, as pg8000 does."""
    rounds = []
    for number, (sql, *values) in enumerate(steps):
        portal = f"p{number}"
        data = rawpg.flush().join([
            rawpg.parse(sql), rawpg.bind(*values, portal=portal), rawpg.describe_portal(portal),
            rawpg.execute(portal, 100), rawpg.close_portal(portal), rawpg.sync()])
        rounds.append((data, 1))
    return rounds


MODES = (simple, extended, one_row_asked, prepared, pipelined, burst, named_portals)


def conversation(connection, rounds):
    """Every backend message, round by round."""
    return [connection.exchange(data, ready) for data, ready in rounds]
