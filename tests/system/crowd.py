"""Clients that go on until the end of a block, each in a thread of its own."""

import contextlib
import threading


class Crowd:
    """Used as a context; what ends a client before its time fails the test at the end of the block. A client whose
    connection ends with an error of `survived` makes another one."""

    def __init__(self, survived=()):
        self._survived, self._stop, self._threads = survived, threading.Event(), []
        self.failures = []

    def add(self, connect, step):
        """A client that calls step(cursor) over and over on a connection of its own."""
        self._threads.append(threading.Thread(target=self._run, args=(connect, step)))

    def _run(self, connect, step):
        while not self._stop.is_set():
            try:
                with contextlib.closing(connect()) as connection, connection.cursor() as cursor:
                    while not self._stop.is_set():
                        step(cursor)
            except self._survived:
                self._stop.wait(0.1)
            except Exception as e:  # noqa: BLE001: whatever ends a thread has to be seen
                self.failures.append(e)
                return

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self.failures
