"""A receiver of Sunsift's reports: checks signatures, drops repetitions, prints what is new.

Run it with the secret that Sunsift signs with, in SUNSIFT_WEBHOOK_SECRET:

    pip install standardwebhooks
    python receiver.py 8021
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LONGEST_BODY = 100_000
# Sunsift signs with all of its secrets; a receiver knows one, and changes it when it is told to.
WEBHOOK = Webhook(os.environ["SUNSIFT_WEBHOOK_SECRET"].split()[0])
# Keep them where they survive a restart, and write each together with what the report makes you do.
SEEN: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is signed, new or not; 400 to everything else, which is then sent again."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """Take one report."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._answer(413)
            return
        body = self.rfile.read(int(length))
        try:
            # The very bytes that came: parsed and written anew they would be others. Stale ones are refused.
            report = WEBHOOK.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError) as error:
            print(f"refused: {error}", flush=True)
            self._answer(400)
            return
        key = self.headers["webhook-id"]
        if key in SEEN:
            print(f"again: {key}", flush=True)
        else:
            SEEN.add(key)
            take(report)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Leave the log to what was received."""


def take(report: dict[str, Any]) -> None:
    """Do what a report asks for: here, print it."""
    told = report["data"]
    print(f"{told['house_id']}: {told['previous']} -> {told['status']} since {told['since']}", flush=True)
    if told["lost_kwh"] is not None:
        print(f"  {told['lost_kwh']} kWh lost in 30 days", flush=True)
    for reason in told["reasons"]:
        print(f"  {reason}", flush=True)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}/solar", flush=True)
    server.serve_forever()
