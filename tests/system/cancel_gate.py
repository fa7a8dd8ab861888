"""A way to legacy on which cancel requests are held up until they are let through."""

import socket
import struct
import threading

import rawpg

CANCEL = struct.unpack_from("!i", rawpg.cancel_request(0, b""), 4)[0]


class CancelGate:
    def __init__(self, port):
        self.server_port = port
        self.came, self.open = threading.Event(), threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.set()
        self.listener.close()

    @staticmethod
    def _start(what, *arguments):
        threading.Thread(target=what, args=arguments, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            self._start(self._serve, client)

    def _serve(self, client):
        first = client.recv(8, socket.MSG_WAITALL)
        if len(first) == 8 and struct.unpack_from("!i", first, 4)[0] == CANCEL:
            self.came.set()
            self.open.wait()
        server = socket.create_connection(("127.0.0.1", self.server_port))
        server.sendall(first)
        self._start(self._pass, server, client)
        self._pass(client, server)

    @staticmethod
    def _pass(source, to):
        try:
            while data := source.recv(1 << 16):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone
