"""A receiver on this machine that talks by the byte, so that it can be as wicked as a test wants."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Talk = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Hostile:
    """Hands every connection to `talk`, each in a thread of its own.

    port: where it listens. connections: how many there were. requests: what was read with `read_request`.
    stopping: is set when the test is over; whoever talks for long has to look.
    """

    def __init__(self, talk: Talk, pem: Path | None = None) -> None:
        """pem: a certificate and its key, to talk by TLS."""
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._talk = talk
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context: ssl.SSLContext | None = None
        if pem is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(pem)

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/solar"

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request, body included; return whether there was one."""
        text = b""
        while b"\r\n\r\n" not in text:
            if not (part := connection.recv(65536)):
                return False
            text += part
        head, _, body = text.partition(b"\r\n\r\n")
        [length] = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < int(length.partition(b":")[2]):
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return True

    def drip(self, connection: socket.socket, text: bytes, pause_seconds: float = 0.02) -> None:
        """Send a byte at a time, for ever: from its last byte on again and again."""
        position = 0
        while not self.stopping.wait(pause_seconds):
            connection.sendall(text[position : position + 1] or text[-1:])
            position += 1

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._one, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        # Whoever is hung up on has nothing more to say.
        with connection, suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._talk(connection)

    @contextmanager
    def running(self) -> Iterator["Hostile"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._serve)
        thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            thread.join()
            for talking in self._threads:
                talking.join()
