"""A retailer's web server on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

HERE = {"SUNSIFT_PRIVATE_RECEIVERS": "yes", "SUNSIFT_SERVE": "off"}
"""Settings of tests: reports may go to this machine, and nobody serves at the one usual port."""


class Receiver:
    """Takes reports by POST.

    secret: if given, signatures are checked, and whatever is not signed with it is answered with 401.
    answer: the status that it answers otherwise. received: bodies that it acknowledged, in order.
    headers: of every request, in order, with names in small letters. bodies: of every request, as sent.
    """

    def __init__(self, secret: str | None = None) -> None:
        self.answer = 200
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self._webhook = Webhook(secret) if secret else None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/reports"

    @property
    def ids(self) -> list[str | None]:
        """The header `webhook-id` of every request, in order."""
        return [headers.get("webhook-id") for headers in self.headers]

    def _judge(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            if self._webhook:
                self._webhook.verify(body, headers)
        except WebhookVerificationError:
            return 401
        return self.answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.headers.append(headers)
                receiver.bodies.append(body)
                status = receiver._judge(body, headers)
                if 200 <= status < 300:
                    receiver.received.append(json.loads(body))
                self.send_response(status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
