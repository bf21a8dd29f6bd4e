"""The Chromium of this machine, watched: what it is asked to load, and what goes wrong in its pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = (
    "no Chromium is here: tools/servers chromium installs one, or SUNSIFT_CHROMIUM=/path/to/chrome names one"
)
# Tests are no users: nothing is updated, synchronised or looked up, and no other machine is asked.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-domain-reliability",
    "--disable-sync", "--disable-default-apps", "--disable-extensions", "--metrics-recording-only",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--force-color-profile=srgb",
)  # fmt: skip
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# Machines differ, and a chart takes a while to be drawn on a busy one.
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)
DRAWN = "[data-chart]:not([data-drawn])"


def find_chromium() -> str | None:
    """Return the program; None where there is none."""
    named = os.environ.get("SUNSIFT_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright, program: str) -> Browser:
    """Start it without a window."""
    return playwright.chromium.launch(executable_path=program, args=list(FLAGS))


@dataclass(slots=True)
class Watched:
    """A page and what was seen of it. origin: of our server; asked: every address that was asked for."""

    page: Page
    origin: str
    asked: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of ours, and wait until its charts are drawn."""
        self.page.goto(f"{self.origin}{path}")
        self.settled()

    def settled(self) -> None:
        """Wait until every chart that is shown is drawn."""
        expect(self.page.locator(DRAWN).locator("visible=true")).to_have_count(0)

    def is_fine(self) -> None:
        """Fail if anything went wrong, or was asked of another server."""
        assert not self.trouble, self.trouble
        elsewhere = [url for url in self.asked if not url.startswith((f"{self.origin}/", "data:", "blob:"))]
        assert not elsewhere, elsewhere


@contextmanager
def watching(browser: Browser, origin: str, **how: Any) -> Iterator[Watched]:
    """Lend a page of a browser that nobody used before. how: as for `Browser.new_context`."""
    with closing(browser.new_context(**how)) as context, watching_in(context, origin) as watched:
        yield watched


@contextmanager
def watching_in(context: BrowserContext, origin: str) -> Iterator[Watched]:
    """Lend one more page of a browser that others use, too; what was loaded once is there already."""
    with closing(context.new_page()) as page:
        page.set_default_timeout(TIMEOUT_MS)
        watched = Watched(page, origin)
        _listen(page, watched)
        yield watched


def _listen(page: Page, watched: Watched) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # Breaking the content security policy is told here as well.
        if message.type in {"error", "warning"}:
            watched.trouble.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: watched.trouble.append(f"uncaught: {error}"))
    page.on("request", lambda request: watched.asked.append(request.url))
