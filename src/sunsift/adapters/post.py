"""One POST that ends when it must: a slow or hostile receiver costs no more than its time."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sunsift.adapters.addresses import Place, UnreachableError, places

MOST_BYTES: Final = 65_536
"""Of an answer, its headers included, no more is read."""
MOST_BODY_BYTES: Final = 4_096
BODY_SECONDS: Final = 1.0
"""What an answer says beyond its status is nobody's concern; so long it may take to say it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered. retry_after: the header of that name, as it came."""

    status: int
    retry_after: str | None


class _Bounded:
    """A connection whose every wait ends at one moment, and of which no more is read than allowed.

    It is what http.client asks of a socket: files made of it keep it open until they are closed, too.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.until = 0.0
        self._left = 0
        self._lent = 0
        self._done_with = False
        self._connected = connected

    def allow(self, until: float) -> None:
        """Begin an exchange. until: the moment at which it ends, of the monotonic clock."""
        self.until, self._left = until, MOST_BYTES

    def recv_into(self, buffer: memoryview) -> int:
        if self._left <= 0:
            raise UnreachableError(f"no answer: it is longer than {MOST_BYTES:,} bytes")
        self._connected.settimeout(left_until(self.until))
        count = self._connected.recv_into(buffer)
        self._left -= count
        return count

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(left_until(self.until))
        self._connected.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        self._lent += 1
        return io.BufferedReader(_Reading(self))

    def give_back(self) -> None:
        self._lent -= 1
        self._close_if_free()

    def close(self) -> None:
        self._done_with = True
        self._close_if_free()

    def _close_if_free(self) -> None:
        if self._done_with and not self._lent:
            self._connected.close()


class _Reading(io.RawIOBase):
    """A file that reads from a connection."""

    def __init__(self, of: _Bounded) -> None:
        self._of = of

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._of.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._of.give_back()


class Line(http.client.HTTPConnection):
    """A connection to one receiver, for some POSTs in a row.

    Names are looked up and checked once a connection, and nothing but the checked addresses is connected to.
    Certificates are checked against the name. Redirects are answers like others.
    """

    def __init__(self, scheme: str, host: str, port: int, *, private: bool) -> None:
        """private: see `places`."""
        super().__init__(host, port)
        self.default_port = http.client.HTTPS_PORT if scheme == "https" else http.client.HTTP_PORT
        self._tls = ssl.create_default_context() if scheme == "https" else None
        self._private = private
        self._until = 0.0
        self._used = False

    def connect(self) -> None:
        """Connect to the first address that answers."""
        found = places(self.host, self.port, private=self._private, timeout_seconds=left_until(self._until))
        made = _Bounded(self._secured(_connected(found, self._until)))
        self.sock = made

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self._tls is None:
            return plain
        try:
            plain.settimeout(left_until(self._until))
            return self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
        """Send one POST and return the answer, all within the time.

        Errors: UnreachableError saying what was wrong, if there was no answer.
        """
        self._until = time.monotonic() + timeout_seconds
        try:
            try:
                return self._exchange(path, body, headers)
            except (ConnectionError, http.client.BadStatusLine):
                # The receiver may have hung up an old connection at the moment of the POST.
                if not self._used:
                    raise
            self.close()
            return self._exchange(path, body, headers)
        except (OSError, http.client.HTTPException, UnreachableError) as error:
            self.close()
            raise UnreachableError(_in_words(error, timeout_seconds)) from error

    def _exchange(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self._used = self.sock is not None
        if not self._used:
            self.connect()
        connection: _Bounded = self.sock  # type: ignore[assignment]
        connection.allow(self._until)
        self.request("POST", path, body, dict(headers))
        response = self.getresponse()
        answer = Answer(response.status, response.headers.get("retry-after"))
        self._read_out(connection, response)
        return answer

    def _read_out(self, connection: _Bounded, response: http.client.HTTPResponse) -> None:
        """Read the body, if that is all it takes to use the connection again; hang up otherwise."""
        connection.until = min(self._until, time.monotonic() + BODY_SECONDS)
        try:
            response.read(MOST_BODY_BYTES)
            ended = response.isclosed()
        except (OSError, http.client.HTTPException, UnreachableError):
            ended = False
        if not ended:
            response.close()
            self.close()


def left_until(moment: float) -> float:
    """Return how long it is until a moment of the monotonic clock [s]. Errors: TimeoutError if it is past."""
    left = moment - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(found: list[Place], until: float) -> socket.socket:
    trouble: OSError = OSError("no address")
    for tried, place in enumerate(found):
        connecting = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            # One that swallows everything leaves the others their share of the time.
            connecting.settimeout(left_until(until) / (len(found) - tried))
            connecting.connect(place.address)
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connecting.close()
            trouble = error
        else:
            return connecting
    raise trouble


def _in_words(error: Exception, timeout_seconds: float) -> str:
    match error:
        case UnreachableError():
            return str(error)
        case ssl.SSLCertVerificationError():
            return f"no answer: its certificate is refused: {error.verify_message}"
        case ssl.SSLError():
            return f"no answer: TLS failed: {error.reason or 'it hung up'}"
        case TimeoutError():
            return f"no answer within {timeout_seconds:g} seconds"
        case ConnectionResetError() | BrokenPipeError():
            return "no answer: it hung up"
        case http.client.HTTPException():
            return "no answer: what it says is no HTTP"
        case OSError(strerror=str(text)):
            return f"no answer: {text}"
    return f"no answer: {type(error).__name__}"
