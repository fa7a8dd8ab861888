"""Plays a script on one side, direct or proxied, and writes down every message that comes back."""

import re
import select
import socket
import time

import psycopg2

import outline
import rawpg
from rawpg import Message
from script import Later


class Wrong(Exception):
    """The script does not say what PostgreSQL answers."""


class Player:
    TIMEOUT = 30

    def __init__(self, cluster, port, database, next_size=None, target=None):
        self.cluster, self.port, self.database = cluster, port, database
        self.target_side = target   # (cluster, database); None: played against legacy alone
        self.next_size = next_size  # see rawpg.Connection
        self.connections = {}
        self.current = "a"
        self.pending = []
        self.transcript = []        # (where, connection, message), and what else was seen
        self.recorded = {}

    # Steps.

    def play(self, script):
        for self.line, kind, what in script.steps:
            if kind == "send":
                self.pending.append(what)
            elif kind == "do":
                what(self)
            elif kind == "expect":
                self.expect(*what)
            else:
                self.recorded[self.line] = self.record()
        self.line = "end"
        if self.pending:
            raise Wrong("the script ends with messages that are not sent")
        for self.current in list(self.connections):
            self.leave()

    def expect(self, words, closed):
        seen = self.exchange(lambda messages: len(messages) >= len(words) and not closed)
        if outline.of(seen) != words and self.target_side is None:
            raise Wrong(f"line {self.line}: expected {' '.join(words)}, legacy answers {' '.join(outline.of(seen))}")

    def record(self):
        """Everything until nothing more comes: for writing scripts, not for testing."""
        pending, self.pending = self.pending, []
        connection = self.connection()
        self.pending = pending
        connection.TIMEOUT = 0.4
        messages = self.exchange(lambda messages: False)
        connection.TIMEOUT = self.TIMEOUT
        return outline.of(messages), self.current not in self.connections

    def take_pending(self):
        data = b"".join(b.make(self) if isinstance(b, Later) else b for b in self.pending)
        self.pending = []
        return data

    def exchange(self, enough):
        """Sends what is pending and reads until enough(messages), or the end of the connection."""
        data = self.take_pending()
        connection = self.connection()
        messages = []

        def note(m):
            messages.append(m)
            return enough(messages)

        try:
            if data or not enough(messages):
                connection.transfer(data, note, done=enough(messages))
        except rawpg.Closed:
            self.lost(connection)
        except rawpg.NoAnswer as e:
            if connection.TIMEOUT == self.TIMEOUT:
                raise rawpg.NoAnswer(f"line {self.line}: {' '.join(outline.of(messages))}") from e
        for m in messages:
            self.note(self.comparable(m))
        return messages

    def lost(self, connection):
        self.note("closed")
        del self.connections[self.current]
        connection.close(politely=False)

    def note(self, seen):
        self.transcript.append((self.line, self.current, seen))

    # What must differ between two servers, or two sessions of one.

    def comparable(self, m):
        if m.type == "K":
            return Message("K", b"process and key")
        if m.type == "A":
            process = int.from_bytes(m.body[:4], "big")
            of = [name for name, c in self.connections.items() if c.process == process]
            return Message("A", f"from {of}: ".encode() + m.body[4:])
        if m.type == "E" and rawpg.error_fields(m.body)["C"] == "40P01":  # deadlock: names processes and transactions
            return Message("E", re.sub(rb"(Process|transaction) \d+|by process \d+", rb"\1", m.body))
        return m

    # Actions.

    def connection(self):
        if self.current not in self.connections:
            self.connect(self.current)
        return self.connections[self.current]

    def on(self, name):
        """The connection of what follows; made when it is first used."""
        if self.pending:
            raise Wrong("messages are not sent yet")
        self.current = name

    def connect(self, name, user="app", **parameters):
        self.on(name)
        connection = self.open(name)
        try:
            messages = connection.log_in(user=user, database=self.database, **parameters)
        except rawpg.Closed as e:
            messages = e.messages
            self.lost(connection)
        for m in messages:
            self.note(self.comparable(m))

    def open(self, name):
        """A connection without a start-up packet."""
        self.on(name)
        connection = rawpg.Connection(self.port, None, None, log_in=False)
        if self.next_size:
            connection.next_size = self.next_size
        self.connections[name] = connection
        return connection

    def leave(self):
        """Ends the connection in order; nothing may come any more."""
        self.pending.append(rawpg.message("X"))
        self.exchange(lambda messages: False)

    def hang_up(self):
        """The client's side of the connection ends, as when its process dies."""
        self.connection().socket.shutdown(socket.SHUT_WR)
        self.exchange(lambda messages: False)

    def answers(self, byte):
        """Sends what is pending and reads one byte that is no message."""
        data = self.take_pending()
        self.note(self.connection().raw_byte(data))
        if self.target_side is None and self.transcript[-1][2] != byte:
            raise Wrong(f"line {self.line}: legacy answers {self.transcript[-1][2]}")

    def cancel(self, name, secret=None):
        other = rawpg.Connection(self.port, None, None, log_in=False)
        connection = self.connections[name]
        other.raw_byte(rawpg.cancel_request(connection.process, secret or connection.secret))
        other.close(politely=False)

    def legacy(self, sql):
        """Behind the back of the sessions, as superuser."""
        self.cluster.sql(self.database, sql)

    def target(self, sql):
        if self.target_side:
            cluster, database = self.target_side
            cluster.sql(database, f"SET ROLE app; {sql}")

    def until(self, sql):
        """Waits until legacy says yes."""
        deadline = time.monotonic() + self.TIMEOUT
        with_superuser = self.cluster.connect(self.database)
        try:
            with with_superuser.cursor() as cursor:
                while True:
                    cursor.execute(sql)
                    if cursor.fetchone()[0]:
                        return
                    assert time.monotonic() < deadline, f"line {self.line}: never true: {sql}"
                    select.select([], [], [], 0.02)
        finally:
            with_superuser.close()

    def close(self):
        for connection in self.connections.values():
            try:
                connection.close(politely=False)
            except (OSError, psycopg2.Error):
                pass
