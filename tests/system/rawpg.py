"""PostgreSQL's wire protocol, version 3, as bytes: for what drivers would not send, and to see every message.

Functions build frontend messages; `Connection` sends any bytes and returns backend messages as they came. It always
reads and writes both ways, so that a pipeline of any length passes."""

import select
import socket
import struct
import time
from typing import NamedTuple


class Message(NamedTuple):
    type: str
    body: bytes

    def __repr__(self):
        return f"{self.type}{self.body[:200]!r}"


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value):
    """A string of the protocol; `bytes` are in the client's encoding already."""
    return (value if isinstance(value, bytes) else value.encode()) + b"\0"


def startup(**parameters):
    body = struct.pack("!i", 196608) + b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def request(code, body=b""):
    """SSLRequest, GSSENCRequest, CancelRequest: no type byte."""
    return struct.pack("!ii", len(body) + 8, code) + body


SSL_REQUEST = request(80877103)
GSSENC_REQUEST = request(80877104)


def cancel_request(process, secret):
    return request(80877102, struct.pack("!i", process) + secret)


def query(sql):
    return message("Q", text(sql))


def parse(sql, name="", types=()):
    return message("P", text(name) + text(sql) + struct.pack("!h", len(types)) + struct.pack(f"!{len(types)}I", *types))


def _value(value):
    if value is None:
        return struct.pack("!i", -1)
    raw = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack("!i", len(raw)) + raw


def bind(*values, statement="", portal="", formats=(), result_formats=()):
    """`bytes` go as they are, anything else as its text, None as NULL."""
    return message("B", text(portal) + text(statement)
                   + struct.pack(f"!h{len(formats)}h", len(formats), *formats)
                   + struct.pack("!h", len(values)) + b"".join(map(_value, values))
                   + struct.pack(f"!h{len(result_formats)}h", len(result_formats), *result_formats))


def describe_portal(portal=""):
    return message("D", b"P" + text(portal))


def describe_statement(statement=""):
    return message("D", b"S" + text(statement))


def execute(portal="", max_rows=0):
    return message("E", text(portal) + struct.pack("!i", max_rows))


def close_portal(portal=""):
    return message("C", b"P" + text(portal))


def close_statement(statement=""):
    return message("C", b"S" + text(statement))


def sync():
    return message("S")


def flush():
    return message("H")


def copy_data(raw):
    return message("d", raw)


def copy_done():
    return message("c")


def copy_fail(reason):
    return message("f", text(reason))


def run_extended(sql, *values):
    """What a driver sends for one statement without its Sync."""
    return parse(sql) + bind(*values) + describe_portal() + execute()


class ServerError(Exception):
    def __init__(self, fields):
        super().__init__(f"{fields.get('C')}: {fields.get('M')}")
        self.fields = fields
        self.sqlstate = fields.get("C")


class Closed(Exception):
    """The other side closed the connection; `messages` came before."""

    def __init__(self, messages):
        super().__init__(f"connection closed after {messages[-5:]}")
        self.messages = messages


class NoAnswer(Exception):
    """Nothing came for so long that something hangs. Not an OSError: no test takes it for a lost connection."""


def error_fields(body):
    return {chr(part[0]): part[1:].decode(errors="replace") for part in body.split(b"\0") if part}


def errors(messages):
    return [ServerError(error_fields(m.body)) for m in messages if m.type == "E"]


def tags(messages):
    return [m.body[:-1].decode() for m in messages if m.type == "C"]


def rows(messages):
    """DataRows as tuples of bytes or None."""
    found = []
    for m in messages:
        if m.type == "D":
            row, at = [], 2
            for _ in range(struct.unpack_from("!h", m.body)[0]):
                (length,) = struct.unpack_from("!i", m.body, at)
                at += 4
                row.append(None if length < 0 else m.body[at:at + length])
                at += max(length, 0)
            found.append(tuple(row))
    return found


class Connection:
    TIMEOUT = 30

    def __init__(self, port, user, database, host="127.0.0.1", log_in=True, **parameters):
        self.socket = socket.create_connection((host, port), self.TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._buffer = bytearray()
        self._at = 0
        self.parameters = {}
        self.next_size = lambda: 1 << 20  # how many bytes at most the next write takes
        self.process = self.secret = None
        if log_in:
            self.startup_messages = self.log_in(user=user, database=database, **parameters)

    def log_in(self, **parameters):
        """Sends the start-up packet; returns what came back, and remembers settings and the key for cancel requests."""
        messages = self.exchange(startup(**parameters))
        for m in messages:
            if m.type == "S":
                name, value = m.body[:-1].split(b"\0")
                self.parameters[name.decode()] = value.decode()
            elif m.type == "K":
                self.process, self.secret = struct.unpack_from("!i", m.body)[0], m.body[4:]
        return messages

    def close(self, politely=True):
        if politely:
            try:
                self.socket.setblocking(True)
                self.socket.sendall(message("X"))
            except OSError:
                pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _next(self):
        if len(self._buffer) - self._at < 5:
            return None
        length = struct.unpack_from("!i", self._buffer, self._at + 1)[0]
        end = self._at + 1 + length
        if len(self._buffer) < end:
            return None
        m = Message(chr(self._buffer[self._at]), bytes(self._buffer[self._at + 5:end]))
        self._at = end
        if self._at > 1 << 20:
            del self._buffer[:self._at]
            self._at = 0
        return m

    def transfer(self, data, enough, done=False):
        """Sends `data` and reads until enough(message) has said yes to a message and everything is sent."""
        view, messages = memoryview(data), []
        deadline = time.monotonic() + self.TIMEOUT
        while True:
            while not done and (m := self._next()):
                messages.append(m)
                done = enough(m)
            if done and not view:
                return messages
            readable, writable, _ = select.select(
                [self.socket], [self.socket] if view else [], [], max(0, deadline - time.monotonic()))
            if not readable and not writable:
                raise NoAnswer(f"so far {messages[-5:]}")
            try:
                if writable:
                    view = view[self.socket.send(view[:self.next_size()]):]
                if readable:
                    chunk = self.socket.recv(1 << 20)
                    if not chunk:
                        raise Closed(messages)
                    self._buffer += chunk
            except (ConnectionResetError, BrokenPipeError) as e:
                raise Closed(messages) from e

    def exchange(self, data, ready=1):
        """Until `ready` ReadyForQuery messages have come, or a FATAL error and the end of the connection."""
        return self.transfer(data, _counter("Z", ready))

    def until(self, data, kind, count=1):
        """Until `count` messages of a type have come: for answers to Flush and to CopyData."""
        return self.transfer(data, _counter(kind, count))

    def read_until_closed(self):
        try:
            self.transfer(b"", lambda m: False)
        except Closed as e:
            return e.messages

    def raw_byte(self, data):
        """For requests that are answered with one byte."""
        self.socket.setblocking(True)
        self.socket.sendall(data)
        byte = self.socket.recv(1)
        self.socket.setblocking(False)
        return byte

    def simple(self, sql):
        """Messages of a simple Query; raises the first error."""
        return self._checked(self.exchange(query(sql)))

    def extended(self, sql, *values):
        """Messages of one statement by the unnamed statement and portal, with its Sync; raises the first error."""
        return self._checked(self.exchange(run_extended(sql, *values) + sync()))

    @staticmethod
    def _checked(messages):
        for error in errors(messages):
            raise error
        return messages


def _counter(kind, count):
    left = [count]

    def enough(m):
        left[0] -= m.type == kind
        return left[0] <= 0

    return enough
