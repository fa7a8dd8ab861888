"""A client that runs one seeded script on one connection at a time and keeps a ledger of what it was told."""

import random
import threading
import time

import rawpg
from transactions import COMMIT, NEVER

# Ordinary outcomes of such a crowd. Any other SQLSTATE is something that no client should see.
EXPECTED = {
    "21000",  # MERGE or ON CONFLICT meets a row twice
    "22012", "22P05",  # division by zero on purpose; a character that LATIN1 has not
    "23502", "23503", "23505", "23514", "23P01",  # constraints
    "24000", "34000", "42P03", "55000",  # cursors and portals: without a row, gone, there already, run to their end
    "25P01", "25P02", "25001",  # savepoints outside of a block, statements of a failed one, SET too late
    "26000", "42P05",  # a prepared statement that could not be prepared, or is there already
    "3B001", "40001", "40P01", "55P03", "57014",  # no such savepoint, serialization, deadlock, lock_timeout, cancelled
    "42501",  # row-level security, and the role clerk
    "42704", "42P01",  # a prepared transaction or temporary table that did not come to be
    "0A000",  # PREPARE TRANSACTION of a transaction that used temporary tables
    "42P07", "44000",  # a temporary table is there already; a row that the view would not show
}

# And of one whose servers come and go.
OUTAGES = {"57P01", "57P02", "57P03", "08001", "08006"}


class Lost(Exception):
    """The connection ended, by whoever; `sent` says whether a commit may have reached the server."""

    def __init__(self, sent):
        super().__init__()
        self.sent = sent


class Session(threading.Thread):
    def __init__(self, number, seed, port, database, builder, profile, log):
        super().__init__(name=f"session {number}", daemon=True)
        self.number, self.seed, self.builder, self.profile, self.log = number, seed, builder, profile, log
        self.port, self.database = port, database
        self.stopped = threading.Event()
        self.connection = None
        self.done = self.losses = 0
        self.outcomes = {}     # (number of transaction, part) -> True: must be there, False: must not
        self.failure = None
        self.errors = {}       # SQLSTATE -> how often

    def run(self):
        try:
            while self.done < self.profile.transactions and not self.stopped.is_set():
                number = self.done
                choices = random.Random(f"{self.seed}/{self.number}/{number}")
                transaction = self.builder.transaction(number, choices)
                self._run(number, transaction, choices)
                self.done += 1
        except Exception as e:  # the round reads it: a thread has nobody to raise to
            self.log.note(self.number, f"FAILED {e!r}")
            self.failure = e
        finally:
            if self.connection:
                self.connection.close(politely=self.failure is None)

    def connect(self, **more):
        """Whatever is down comes back, so this goes on until it is."""
        deadline = time.monotonic() + 120
        while True:
            try:
                connection = rawpg.Connection(self.port, "app", self.database, options=self.profile.options, **more)
                if connection.process is not None:
                    return connection
                self._note_errors(connection.startup_messages)
                connection.close(politely=False)
            except (OSError, rawpg.Closed):
                pass
            assert time.monotonic() < deadline, "cannot connect any more"
            self.stopped.wait(0.02)  # a server that starts does not get faster by asking

    def _run(self, number, transaction, choices):
        if self.connection is None:
            self.connection = self.connect()
        self.log.note(self.number, f"-- {number} {transaction.shape}")
        small = choices.random() < 0.1
        self.connection.next_size = (lambda: choices.randint(1, 40)) if small else (lambda: 1 << 20)
        messages = []
        try:
            mishap = self._draw_mishap(transaction, choices)
            for i, exchange in enumerate(transaction.exchanges):
                messages += self._exchange(exchange, mishap.get(i), choices)
            if transaction.second:
                self._decide_elsewhere(transaction, messages)
        except Lost as lost:
            self.log.note(self.number, f"lost, {'perhaps behind' if lost.sent else 'before'} the commit")
            self._judge(number, transaction, messages, lost)
            return self._forget_connection()
        self._judge(number, transaction, messages, None)
        self._put_back(transaction, messages)

    def _forget_connection(self):
        self.connection.close(politely=False)
        self.connection = None
        self.losses += 1

    def _draw_mishap(self, transaction, choices):
        """Which exchange is cancelled, or the client's last on this connection."""
        what = choices.random()
        last = len(transaction.exchanges) - 1
        if what < self.profile.cancels:
            return {choices.randint(0, last): "cancel"}
        if what < self.profile.cancels + self.profile.disconnects:
            behind_commit = choices.random() < 0.5
            return {last if behind_commit else choices.randint(0, last): choices.choice(["vanish", "cut", "goodbye"])}
        return {}

    def _exchange(self, exchange, mishap, choices):
        connection = self.connection
        try:
            if mishap in ("vanish", "cut", "goodbye"):
                self._leave(exchange, mishap, choices)
            if mishap == "cancel":
                self._cancel_soon(connection, choices.random() * 0.02)
            if exchange.copied:
                began = connection.transfer(exchange.data, lambda m: m.type in "GZ")
                self.stopped.wait(choices.random() * self.profile.dawdle)
                messages = began if began[-1].type == "Z" else began + connection.exchange(exchange.copied)
            else:
                messages = connection.exchange(exchange.data, exchange.ready)
        except rawpg.Closed as e:
            self._note_errors(e.messages)
            raise Lost(exchange.commits) from e
        except OSError as e:
            raise Lost(exchange.commits) from e
        self.log.exchange(self.number, exchange.text, messages)
        self._note_errors(messages)
        return messages

    def _leave(self, exchange, how, choices):
        data = exchange.data[:choices.randrange(len(exchange.data))] if how == "cut" else exchange.data
        self.connection.socket.setblocking(True)
        self.connection.socket.sendall(data)
        self.connection.close(politely=how == "goodbye")
        self.log.note(self.number, f"{how} with {len(data)} of {len(exchange.data)} bytes: {exchange.text}")
        raise Lost(exchange.commits)

    def _cancel_soon(self, connection, delay):
        def cancel():
            try:
                with rawpg.Connection(self.port, "", "", log_in=False) as other:
                    other.socket.setblocking(True)
                    other.socket.sendall(rawpg.cancel_request(connection.process, connection.secret))
                    other.socket.recv(1)
            except OSError:
                pass  # nobody hears it while the daemon is down

        self.log.note(self.number, "cancel")
        timer = threading.Timer(delay, cancel)
        timer.daemon = True
        timer.start()

    def _put_back(self, transaction, messages):
        status = next(m.body for m in reversed(messages) if m.type == "Z")
        try:
            for sql in (*(("ROLLBACK",) if status != b"I" else ()), *transaction.afterwards):
                self._note_errors(self.connection.exchange(rawpg.query(sql)))
        except (rawpg.Closed, OSError):
            self._forget_connection()

    def _decide_elsewhere(self, transaction, messages):
        """Commits or rolls back what was prepared, from another session."""
        if "PREPARE TRANSACTION" not in rawpg.tags(messages):
            return
        other = self.connect()
        try:
            answers = other.exchange(transaction.second.data, transaction.second.ready)
            self.log.exchange(self.number, f"elsewhere: {transaction.second.text}", answers)
            messages += answers
        except (rawpg.Closed, OSError) as e:
            raise Lost(True) from e
        finally:
            other.close()

    def _note_errors(self, messages):
        for error in rawpg.errors(messages):
            self.errors[error.sqlstate] = self.errors.get(error.sqlstate, 0) + 1
            if error.sqlstate not in EXPECTED and not (self.profile.trouble and error.sqlstate in OUTAGES):
                raise error

    def _judge(self, number, transaction, messages, lost):
        """What is certain of the transaction's tokens."""
        committed = self._committed(transaction, messages, lost)
        for token in transaction.tokens:
            if token.rule == COMMIT and committed is not None:
                self.outcomes[number, token.part] = committed
            elif token.rule == NEVER and (not transaction.block or self._began(messages)):
                self.outcomes[number, token.part] = False

    @staticmethod
    def _began(messages):
        """A BEGIN that is cancelled leaves what follows it outside of a block."""
        tags = rawpg.tags(messages)
        return "BEGIN" in tags or "START TRANSACTION" in tags

    def _committed(self, transaction, messages, lost):
        """None: nobody can tell."""
        tags = rawpg.tags(messages)
        if not transaction.block:
            if lost:
                return None if lost.sent else False
            return not rawpg.errors(messages)
        if not self._began(messages):
            return None
        if transaction.prepared:
            if "COMMIT PREPARED" in tags or "ROLLBACK PREPARED" in tags:
                return "COMMIT PREPARED" in tags
            return None if lost or "PREPARE TRANSACTION" in tags else False
        if lost:
            return None if lost.sent else False
        return "COMMIT" in tags
