"""How much one caller may ask, and how much one request may bring."""

import asyncio
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sunsift.web.paths import is_api

MIB: Final = 1024 * 1024
CALLERS: Final = 10_000
BULK: Final = "/v1/packets/bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a server.

    body_bytes: of any request but a bulk. bulk_bytes: of a bulk, packed or not. body_seconds: in which a body
    has to arrive. bulks: so many are taken in at once, the others wait.
    per_second, burst: requests of one caller, lastingly and at once.
    """

    body_bytes: int = 1 * MIB
    bulk_bytes: int = 32 * MIB
    body_seconds: float = 60.0
    bulks: int = 4
    per_second: float = 100.0
    burst: int = 1000


class Buckets:
    """One bucket a caller: each request takes a token out, and tokens drip in steadily.

    now: steady time [s].
    """

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._limits = limits
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, caller: str) -> int:
        """Take one out; return 0, or how long the caller must wait before there is one."""
        with self._lock:
            now = self._now()
            left, at = self._left.pop(caller, (float(self._limits.burst), now))
            left = min(float(self._limits.burst), left + (now - at) * self._limits.per_second)
            enough = left >= 1.0
            self._left[caller] = (left - 1.0 if enough else left, now)
            # Whoever asked least lately is forgotten, and so begins with a full bucket again.
            if len(self._left) > CALLERS:
                self._left.popitem(last=False)
            return 0 if enough else max(1, math.ceil((1.0 - left) / self._limits.per_second))


class Bodies:
    """Refuses bodies that are too large, as they come in, or too slow."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        """Wrap a server."""
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._limits.bulk_bytes if scope["path"] == BULK else self._limits.body_bytes
        said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if is_api(scope) and said.isdigit() and int(said) > most:
            # Refused before it is read. The connection ends with it, for nobody reads the body.
            raise HTTPException(413, too_large(most), {"Connection": "close"})
        body = _Body(receive, most, time.monotonic() + self._limits.body_seconds)
        await self._app(scope, body.receive, send)


class _Body:
    """The body of one request, as it comes in."""

    def __init__(self, receive: Receive, most: int, until: float) -> None:
        self._receive = receive
        self._most = most
        self._until = until
        self._bytes = 0
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # all that can come is that the caller leaves
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._until - time.monotonic())
        except TimeoutError:
            raise HTTPException(408, "the body came too slowly", {"Connection": "close"}) from None
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > self._most:
            raise HTTPException(413, too_large(self._most), {"Connection": "close"})
        return message


def too_large(most: int) -> str:
    """Say that a body is too large. most: what it may have [bytes]."""
    return f"the body is larger than {most:,} bytes"
