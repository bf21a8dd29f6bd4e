"""Serving an app at an address, in a thread of its own."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from sunsift.domain.errors import SettingsError
from sunsift.web.loopback import is_loopback

# Whoever is still being answered by then is cut off; a large bulk takes some seconds.
GRACEFUL_SECONDS: Final = 15
STARTS_WITHIN_SECONDS: Final = 30.0
# More connections at once are answered 503; a browser that watches a page holds one.
CONNECTIONS: Final = 500
LOOPBACK: Final = ("127.0.0.1", "::1")
__all__ = ["is_loopback", "serving"]


@contextmanager
def serving(app: FastAPI, host: str, port: int, proxies: Sequence[str] = ()) -> Iterator[str]:
    """Serve while the block runs, which is told the address as a URL.

    port: 0 for any that is free. proxies: addresses of reverse proxies, beside this machine itself, whose
    word on where a request came from is taken. Errors: SettingsError if nobody can listen there.
    """
    listener = _listening(host, port)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,  # Sunsift's own, which keeps secrets out
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        proxy_headers=True,
        forwarded_allow_ips=[*LOOPBACK, *proxies],
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="sunsift-serve")
    thread.start()
    try:
        _wait_for(server, thread)
        yield _url(host, listener)
    finally:
        # Before the server waits for its connections: some of them last until they hear of it.
        app.state.web.stopping.set()
        server.should_exit = True
        thread.join()
        listener.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise SettingsError(
            f"cannot listen at {host}:{port}: {error.strerror or error}; choose another address or port"
        ) from error
    return listener


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    patient_until = time.monotonic() + STARTS_WITHIN_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > patient_until:
            raise SettingsError("the server does not start; the log says why")
        time.sleep(0.005)


def _url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
