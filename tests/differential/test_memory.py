"""What a client sends ahead of something that waits is held back at the socket, not in pgtandem's memory."""

import select
import threading

import rawpg

SCHEMA = "CREATE TABLE item (id integer PRIMARY KEY, v text); INSERT INTO item VALUES (1, 'x');"
MESSAGES = 2000
AHEAD = rawpg.run_extended("SELECT length($1)", "z" * 100000) + rawpg.sync()  # 200 MB


def peak_megabytes(process):
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def send_until_nothing_is_taken(connection, view):
    while select.select([], [connection.socket], [], 1)[1]:
        view = view[connection.socket.send(view[:1 << 16]):]
        assert view, "everything was taken while the commit had to wait"
    return view


def play(pair, first, waits):
    """`first` waits for the row that another session has locked; everything behind it is sent all the same."""
    with pair.raw() as holder, pair.raw() as client:
        holder.simple("BEGIN; UPDATE item SET v = 'held' WHERE id = 1")
        before = peak_megabytes(pair.daemon.process.pid)
        rest = send_until_nothing_is_taken(client, memoryview(first + AHEAD * MESSAGES))
        releaser = threading.Thread(target=lambda: holder.simple("COMMIT"))
        releaser.start()
        messages = client.exchange(rest, waits + MESSAGES)
        releaser.join()
        grown = peak_megabytes(pair.daemon.process.pid) - before
    assert not rawpg.errors(messages)
    assert len(rawpg.rows(messages)) == MESSAGES
    assert grown < 60, f"{grown} MB for a client that sent 200 MB ahead"
    pair.assert_equal()


def test_behind_a_sync_that_waits(imaged_pair):
    play(imaged_pair(SCHEMA), rawpg.run_extended("UPDATE item SET v = 'sync' WHERE id = 1") + rawpg.sync(), 1)


def test_behind_a_commit_in_the_pipeline(imaged_pair):
    first = b"".join(rawpg.run_extended(sql) for sql in ("BEGIN", "UPDATE item SET v = 'c' WHERE id = 1", "COMMIT"))
    play(imaged_pair(SCHEMA), first + rawpg.sync(), 1)


def test_behind_a_query_that_waits(imaged_pair):
    play(imaged_pair(SCHEMA), rawpg.query("UPDATE item SET v = 'query' WHERE id = 1"), 1)
