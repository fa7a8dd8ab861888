"""Values of every type arrive exactly, as images, whatever the session's settings are."""

import pytest

import rawpg

# Type to values, as SQL literals without their quotes.
VALUES = {
    "boolean": ["t", "f"],
    "smallint": ["-32768", "32767"],
    "bigint": ["-9223372036854775808", "9223372036854775807", "9007199254740993"],
    "numeric": ["1.10", "1.1", "0.000", "NaN", "-Infinity", "Infinity", "-0.000",
                "12345678901234567890123.12345678901234567890", "1e-100", "1e-16383", "9e130000"],
    "numeric(10,4)": ["1.5", "-99999.9999"],
    "real": ["0.1", "1e-45", "3.4028235e38", "NaN", "-0", "Infinity"],
    "double precision": ["0.1", "5e-324", "1.7976931348623157e308", "NaN", "-0", "-Infinity", "0.30000000000000004"],
    "money": ["12345678.90", "-0.01"],
    "text": ["", " ", "null", "a\"b\\c\td\ne\rf", "ü€😀", "\x01\x7f", "{\"a\":1}", "''"],
    "varchar(5)": ["abc", "ü"],
    "char(6)": ["ab", "  ab", ""],
    "name": ["a name"],
    "bytea": ["", "\\x00ff0a5c"],
    "date": ["2020-02-29", "infinity", "0044-03-15 BC", "5874897-12-31"],
    "time": ["00:00", "24:00", "12:34:56.123456"],
    "timetz": ["12:34:56.5+05:45"],
    "timestamp": ["2020-01-01 00:00:00.000001", "-infinity", "294276-12-31 23:59:59.999999", "4713-01-01 00:00 BC"],
    "timestamptz": ["2020-06-01 12:00+02", "infinity", "0001-01-01 00:00+00 BC"],
    "interval": ["1 mon -1 day 25:00:00.000001", "-178000000 years", "24 hours", "1 day"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": ["null", "{\"b\": 1,  \"a\": 1.10, \"a\": null}", "[]", "\"\\u00e9\\n\"", "123456789012345678901234567890.10"],
    "jsonb": ["null", "{\"b\": null, \"a\": [1.10, 1e2]}", "\"x\"", "[null]"],
    "xml": ["<a b=\"c\">d &amp; e</a>"],
    "inet": ["10.0.0.1/8", "::1"],
    "cidr": ["10.0.0.0/8"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "bit(5)": ["10101"],
    "bit varying": ["", "1", "000000000000000000000000000000001"],
    "point": ["(0.1,-0.30000000000000004)", "(Infinity,NaN)"],
    "line": ["{1,2,3.3}"],
    "box": ["((0.1,0.2),(0.3,0.4))"],
    "path": ["[(0.1,0.2),(3,4)]", "((0,0),(1,1))"],
    "polygon": ["((0.1,0),(1,1),(2,0))"],
    "circle": ["<(0.1,0.2),0.3>"],
    "tsvector": ["'a':1A 'b c':2"],
    "tsquery": ["'a' & !'b' <2> 'c'"],
    "int4range": ["[1,5)", "empty", "(,)"],
    "numrange": ["[1.10,2.0]", "(,1.5)"],
    "tstzrange": ["[2020-01-01 00:00+00, infinity)"],
    "int8multirange": ["{[1,3),[5,8)}", "{}"],
    "datemultirange": ["{[2020-01-01,2020-02-01)}"],
    "oid": ["4294967295"],
    "pg_lsn": ["FFFFFFFF/FFFFFFFE"],
    "txid_snapshot": ["10:20:10,14,15"],
    "integer[]": ["{}", "{1,NULL,3}", "[-1:1]={1,2,3}", "{{1,2},{3,4}}", "[0:0][2:3]={{1,2}}"],
    "text[]": ["{\"\",NULL,\"null\",\"a,b\",\"{\",\"\\\"\"}"],
    "double precision[]": ["{0.1,NaN,-0}"],
    "jsonb[]": ["{\"null\",NULL,\"{\\\"a\\\":1.10}\"}"],
    "interval[]": ["{1 mon,24:00}"],
    "timestamptz[]": ["{2020-01-01 00:00+00,-infinity}"],
    "numrange[]": ["{\"[1.10,2]\",empty}"],
    "mood": ["glad", "so so"],
    "mood[]": ["{glad,NULL}"],
    "pair": ["(0.1,\"x y\")", "(,)", "(NaN,\"\")"],
    "pair[]": ["{\"(0.1,x)\",NULL}"],
    "nested": ["(\"(0.1,\\\"a\\\"\\\"b\\\")\",\"{1,2}\",\"1 day\")"],
    "positive": ["0.1"],
    "priced": ["(12.34,x)"],
    '"char"': ["a", "", "\\"],
    "money[]": ["{12.34,-0.01}"],
    "hstore": ['a=>1, "b c"=>NULL'],
    "hstore[]": ['{"a=>1"}'],
    "citext": ["MiXed"],
    "cube": ["(0.1,2),(3,4)"],
    "daterange": ["[2020-01-01,infinity)"],
    "tsmultirange": ["{[2020-01-01 00:00:00.5,)}"],
    "spans": ["{1 day,2 mons}"],
}

TYPES = """
CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS cube;
CREATE TYPE mood AS ENUM ('glad', 'so so');
CREATE TYPE pair AS (f double precision, t text);
CREATE TYPE priced AS (price money, t text);
CREATE TYPE nested AS (p pair, a integer[], i interval);
CREATE DOMAIN positive AS double precision CHECK (VALUE > 0);
CREATE DOMAIN spans AS interval[];
"""

# What changes how texts are read and values are printed: one by one, and all at once.
SETTINGS = {
    "plain": [],
    "floats": ["SET extra_float_digits = -15"],
    "dates": ["SET DateStyle = 'SQL, DMY'", "SET TimeZone = 'America/St_Johns'"],
    "intervals": ["SET IntervalStyle = sql_standard"],
    "bytea": ["SET bytea_output = escape"],
    "latin1": ["SET client_encoding = LATIN1"],
    "backslashes": ["SET standard_conforming_strings = off"],
    "money": ["SET lc_monetary = 'C.utf8'"],
    "hostile": [
        "SET extra_float_digits = -15", "SET DateStyle = 'SQL, DMY'", "SET IntervalStyle = 'iso_8601'",
        "SET TimeZone = 'America/St_Johns'", "SET bytea_output = 'escape'", "SET xmloption = 'document'",
        "SET lc_monetary = 'C.utf8'", "SET quote_all_identifiers = on", "SET search_path = pg_catalog, public",
        "SET standard_conforming_strings = off", "SET client_encoding = LATIN1",
    ],
}

# Each can be a primary key; values of the list above are used.
KEY_TYPES = ["boolean", "bigint", "numeric", "numeric(10,4)", "double precision", "text", "char(6)", "bytea", "date",
             "timestamptz", "interval", "uuid", "jsonb", "inet", "bit varying", "int4range", "integer[]", "text[]", "mood",
             "pair", "positive", "money", "timetz", '"char"', "citext", "cube", "hstore"]


def type_tables(prefix, types, column):
    return "".join(f"CREATE TABLE {quoted(prefix, t)} ({column.format(t)});\n" for t in types)


def quoted(prefix, type_name):
    return '"' + f"{prefix} {type_name}".replace('"', '""') + '"'


def write_values(connection, settings, types):
    """Inserts every value and touches it by an update, under these settings. Returns how many rows that wrote."""
    cursor = connection.cursor()
    written = 0
    for type_name in types:
        table = quoted("column", type_name)
        for number, value in enumerate(VALUES[type_name]):
            # Values are written down in ISO: what counts is how they are read.
            cursor.execute("RESET ALL")
            cursor.execute(f"INSERT INTO {table} VALUES (%s, %s::{type_name})", (number, value))
        for sql in settings:
            cursor.execute(sql)
        cursor.execute(f"INSERT INTO {table} VALUES (99, NULL)")
        # It reads differently without standard_conforming_strings, but well in both cases.
        cursor.execute(f"UPDATE {table} SET other = 'touched \\\\'")
        written += 2 * (len(VALUES[type_name]) + 1)
    return written


def column_tables(types):
    return TYPES + type_tables("column", types, "id integer PRIMARY KEY, v {}, other text")


@pytest.mark.parametrize("settings", SETTINGS)
def test_columns(imaged_pair, settings):
    pair = imaged_pair(column_tables(VALUES))
    with pair.connect() as connection:
        written = write_values(connection, SETTINGS[settings], VALUES)
    pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (written, 0)
    assert pair.drift_report()[0] == 0


@pytest.mark.parametrize("settings", ["plain", "hostile"])
def test_columns_that_legacy_fills_in(imaged_pair, settings):
    pair = imaged_pair("""
        CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, other integer GENERATED BY DEFAULT AS IDENTITY,
            f double precision DEFAULT 0.1, doubled double precision GENERATED ALWAYS AS (f * 2) STORED,
            span daterange DEFAULT daterange('2020-01-01', '2020-02-01'), days integer GENERATED ALWAYS AS (upper(span) - lower(span))
            STORED, at timestamptz DEFAULT clock_timestamp(), token uuid DEFAULT gen_random_uuid())""")
    with pair.connect() as connection:
        cursor = connection.cursor()
        for sql in SETTINGS[settings]:
            cursor.execute(sql)
        cursor.execute("INSERT INTO item DEFAULT VALUES")
        cursor.execute("INSERT INTO item (id, f) OVERRIDING SYSTEM VALUE VALUES (1000, 1e-7)")
        cursor.execute("INSERT INTO item (f, other) SELECT 1.1 * i, -i FROM generate_series(1, 5) i")
        cursor.execute("UPDATE item SET f = f / 3, at = DEFAULT, token = DEFAULT")
        cursor.execute("DELETE FROM item WHERE other = -3")
    pair.assert_equal()
    assert (pair.status()["images"], pair.status()["marks_made"]) == (15, 0)


def test_keys(make_pair):
    pair = make_pair(TYPES + type_tables("key", KEY_TYPES, "k {} PRIMARY KEY, v integer"))
    connection = pair.connect()
    cursor = connection.cursor()
    for type_name in KEY_TYPES:
        table = quoted("key", type_name)
        for value in VALUES[type_name]:
            cursor.execute(f"INSERT INTO {table} VALUES (%s::{type_name}, 1) ON CONFLICT (k) DO UPDATE SET v = 2", (value,))
        cursor.execute(f"UPDATE {table} SET v = v + 1")
        cursor.execute(f"DELETE FROM {table} WHERE k = %s::{type_name}", (VALUES[type_name][-1],))
    connection.close()
    pair.assert_equal()


@pytest.mark.parametrize("type_name", ['"char"[]', "regclass"])
def test_a_type_without_exact_text_is_refused_by_name(make_pair, type_name):
    pair = make_pair(f"CREATE TABLE item (id integer PRIMARY KEY, v {type_name});")
    pair.sql("INSERT INTO item (id) VALUES (1)")
    assert [refused["table"] for refused in pair.status()["refused"]] == ["public.item"]
    check = pair.daemon.command("check")
    assert check.returncode == 1
    assert type_name in check.stdout
    assert pair.daemon.command("drift-report").returncode == 2


@pytest.mark.parametrize("type_name, one, other", [
    ("numeric", "1.0", "1.00"), ("double precision", "0", "-0"), ("char(6)", "a", "a  "), ("interval", "1 day", "24 hours"),
    ("citext", "Abc", "aBC"), ("timetz", "12:00+00", "12:00+00"), ("jsonb", "1.0", "1.00"),
])
def test_equal_keys_of_different_text_are_one_row(make_pair, type_name, one, other):
    pair = make_pair("")
    for server in pair.servers.both():
        server.sql(pair.database, "CREATE EXTENSION IF NOT EXISTS citext")
    pair.daemon.stop()
    pair.servers.create_schema(pair.database, f"CREATE TABLE item (k {type_name} PRIMARY KEY, v integer)")
    pair.daemon.start()
    connection = pair.connect(autocommit=False)
    cursor = connection.cursor()
    for first, second in ((one, other), (other, one)):
        cursor.execute("INSERT INTO item VALUES (%s, 1)", (first,))
        cursor.execute("DELETE FROM item WHERE k = %s", (second,))
        cursor.execute("INSERT INTO item VALUES (%s, 2)", (second,))
        connection.commit()
        cursor.execute("UPDATE item SET v = 3 WHERE k = %s", (first,))
        connection.commit()
        pair.assert_equal()
        cursor.execute("DELETE FROM item WHERE k = %s", (first,))
        connection.commit()
    connection.close()
    pair.assert_equal()


def test_partitions_and_inheritance(make_pair):
    pair = make_pair("""
        CREATE TABLE parts (id integer, region text, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
        CREATE TABLE parts_north PARTITION OF parts FOR VALUES IN ('north');
        CREATE TABLE parts_rest PARTITION OF parts DEFAULT PARTITION BY RANGE (id);
        CREATE TABLE parts_low PARTITION OF parts_rest FOR VALUES FROM (0) TO (100);
        CREATE TABLE parts_high PARTITION OF parts_rest FOR VALUES FROM (100) TO (1000);
        CREATE TABLE parent (id integer PRIMARY KEY, v text);
        CREATE TABLE heir (extra text, PRIMARY KEY (id)) INHERITS (parent);""")
    connection = pair.connect()
    cursor = connection.cursor()
    for sql in ("INSERT INTO parts SELECT i, CASE i % 2 WHEN 0 THEN 'north' ELSE 'south' END, 'v' FROM generate_series(1, 200) i",
                "UPDATE parts SET v = 'changed' WHERE id % 3 = 0", "UPDATE parts_low SET v = 'by leaf' WHERE id = 51",
                "INSERT INTO parts_north VALUES (500, 'north', 'by leaf')", "UPDATE parts SET region = 'north' WHERE id = 7",
                "DELETE FROM parts_high WHERE id > 150", "INSERT INTO parent VALUES (1, 'a')",
                "INSERT INTO heir VALUES (2, 'b', 'extra')", "UPDATE parent SET v = v || '!'", "UPDATE ONLY parent SET v = 'only'",
                "DELETE FROM parent WHERE id = 2"):
        cursor.execute(sql)
    connection.close()
    pair.assert_equal()


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "EUC_JP", "UTF8", "SJIS", "GBK"])
def test_client_encodings(make_pair, encoding):
    pair = make_pair("""CREATE TABLE item (id integer PRIMARY KEY, v text, w text, "größe \\" double precision);
        INSERT INTO item SELECT i, 'x', E'\\u20ac \\u65e5\\u672c', 0.1 FROM generate_series(1, 3) i;""")
    connection = pair.connect(client_encoding=encoding)
    cursor = connection.cursor()
    before = pair.status()
    cursor.execute("UPDATE item SET v = 'changed' WHERE id = 1")
    cursor.execute("INSERT INTO item (id, v) VALUES (10, 'new')")
    cursor.execute("DELETE FROM item WHERE id = 2")
    connection.close()
    pair.assert_equal()
    after = pair.status()
    assert (after["images"] - before["images"], after["marks_made"]) == (3, before["marks_made"])


# In SJIS a byte of a character may look like a quote or a backslash: a text with such characters is not read, so its
# writes are marked, not imaged.
SJIS_SO = b"\x83\x5c"


@pytest.mark.parametrize("protocol", ["simple", "extended", "pipelined"])
@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize("begin", [b"BEGIN", b"BEGIN /*" + SJIS_SO + b"*/"])
def test_commits_that_cannot_be_read(imaged_pair, protocol, block, begin):
    pair = imaged_pair("CREATE TABLE item (id integer PRIMARY KEY, v text); INSERT INTO item SELECT i, 'x' FROM generate_series(1, 3) i;")
    write, end = b"UPDATE item SET v = '" + SJIS_SO + b"' WHERE id = 1", b"COMMIT /*" + SJIS_SO + b"*/"
    statements = [begin, b"UPDATE item SET v = 'plain' WHERE id = 2", write, end] if block else [write]
    with pair.raw(client_encoding="SJIS") as client:
        if protocol == "pipelined":
            client.exchange(b"".join(map(rawpg.run_extended, statements)) + rawpg.sync())
        else:
            for sql in statements:
                getattr(client, protocol)(sql)
    pair.assert_equal()
    assert pair.on_target("SELECT v FROM item ORDER BY id") == [("\u30bd",), ("plain" if block else "x",), ("x",)]


def test_a_statement_prepared_under_another_encoding_goes_on_working(make_pair):
    pair = make_pair("CREATE TABLE item (id integer PRIMARY KEY, v text, w text);"
                     "INSERT INTO item SELECT i, 'x', E'\\u20ac' FROM generate_series(1, 3) i;")
    connection = pair.connect(client_encoding="UTF8")
    cursor = connection.cursor()
    cursor.execute("PREPARE change(integer) AS UPDATE item SET v = v || '!' WHERE id = $1")
    cursor.execute("EXECUTE change(1)")
    cursor.execute("SET client_encoding = SQL_ASCII")
    cursor.execute("EXECUTE change(2)")
    cursor.execute("SET client_encoding = LATIN1")
    cursor.execute("EXECUTE change(3)")
    connection.close()
    pair.assert_equal()
    assert pair.on_legacy("SELECT string_agg(v, ' ' ORDER BY id) FROM item") == [("x! x! x!",)]
