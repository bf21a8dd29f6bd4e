"""Telling open pages that something changed; they fetch what they show anew."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sunsift.domain.errors import SunsiftError
from sunsift.tokens import Scope
from sunsift.views.fleet import KEPT_SECONDS
from sunsift.web.access import needs
from sunsift.web.context import TheWeb, Web

LOOK_SECONDS: Final = 2.0
STEP_SECONDS: Final = 0.25
# Pages keep sums for a few seconds: whoever asks right after a change may get those from before it.
ONCE_MORE_AFTER_SECONDS: Final = KEPT_SECONDS + 1.0
# What a page says of ages ("40 s ago") goes stale without any change.
STALE_AFTER_SECONDS: Final = 30.0
# The browser asks again by itself, and whoever logged out meanwhile is refused then.
LONGEST_SECONDS: Final = 600.0
WATCHERS: Final = 100
MINUTES: Final = 2

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False, dependencies=[Depends(needs(Scope.READ))])


class Watch:
    """Looks for changes, once every two seconds for all who wait, and not at all while nobody does.

    watchers: how many wait.
    """

    def __init__(self, web: Web) -> None:
        """Look at the store of a server."""
        self.watchers = 0
        self._web = web
        self._looked = float("-inf")
        self._state: object = None
        self._number = 0
        self._lock = asyncio.Lock()

    async def number(self) -> int:
        """Return a number that is another one after something changed."""
        async with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                try:
                    state = await run_in_threadpool(self._look)
                except (SunsiftError, OSError) as error:
                    # Pages that fetch say what is wrong; here it would be said every two seconds.
                    log.debug("no look at the store: %s", error)
                else:
                    self._number += state != self._state
                    self._state = state
                self._looked = time.monotonic()
            return self._number

    def _look(self) -> object:
        with self._web.pool.borrow() as parts:
            waiting = parts.records.waiting()
            since = int(parts.clock.now().timestamp()) // 60 - MINUTES
            steps = parts.records.activity(since)
        done = [
            (step.minute, step.step, step.done, step.failed) for step in steps if step.done or step.failed
        ]
        return (
            done, waiting.houses, waiting.unsettled, waiting.undelivered, waiting.given_up,
            waiting.quarantined, waiting.newest_day, waiting.last_report_at,
        )  # fmt: skip


@router.get("/live/events")
async def events(request: Request, web: TheWeb) -> Response:
    """Send an event for every change; beyond 100 pages 503, and a page looks by itself."""
    watch: Watch = request.app.state.watch
    if watch.watchers >= WATCHERS:
        return PlainTextResponse("Too many pages are open.\n", 503, {"Retry-After": "60"})
    # A proxy in front must not collect what should arrive at once.
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(watch, web), media_type="text/event-stream", headers=headers)


def add_to(app: FastAPI) -> None:
    """Serve the events."""
    app.state.watch = Watch(app.state.web)
    app.include_router(router)


async def _events(watch: Watch, web: Web) -> AsyncIterator[str]:
    watch.watchers += 1
    try:
        seen = await watch.number()
        yield "retry: 3000\nevent: ready\ndata:\n\n"
        began = time.monotonic()
        due = began + STALE_AFTER_SECONDS
        while not web.stopping.is_set() and time.monotonic() - began < LONGEST_SECONDS:
            await asyncio.sleep(STEP_SECONDS)
            number = await watch.number()
            now = time.monotonic()
            if number != seen or now >= due:
                due = now + (STALE_AFTER_SECONDS if number == seen else ONCE_MORE_AFTER_SECONDS)
                seen = number
                yield "event: changed\ndata:\n\n"
    finally:
        watch.watchers -= 1
