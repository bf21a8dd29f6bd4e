"""A real browser on a real server, made once for all tests here."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, sync_playwright

from sunsift.settings import Settings
from tests.browser.state import State, make_state
from tests.support.browser import HOW_TO_GET_ONE, Watched, find_chromium, launch, watching, watching_in
from tests.support.web import Site, running, settings_for

Look = Callable[..., Watched]


def settings_of(state: State) -> Settings:
    return settings_for(state.data, tariff_per_kwh=0.3, currency="AUD")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        # Where everything has to be tested, a missing browser is no excuse.
        (pytest.fail if os.environ.get("SUNSIFT_CHROMIUM_REQUIRED") else pytest.skip)(HOW_TO_GET_ONE)
    with sync_playwright() as playwright:
        browser = launch(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> State:
    """What all tests look at; after the browser, without which nobody needs it."""
    return make_state(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="session")
def site(state: State) -> Iterator[Site]:
    """The server for tests that change nothing."""
    with running(settings_of(state)) as site:
        yield site


class Browsers:
    """Browsers of somebody who is logged in and may do everything: one of each kind, as for `new_context`."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.origin = site.url
        self._browser = browser
        self._cookies = log_in(browser, site)
        self._open: dict[str, BrowserContext] = {}

    def get(self, **how: Any) -> BrowserContext:
        """Return one that keeps what was loaded, so that pages come sooner."""
        kind = repr(how)
        if kind not in self._open:
            self._open[kind] = self._browser.new_context(storage_state=self._cookies, **how)
        return self._open[kind]

    def close(self) -> None:
        for context in self._open.values():
            context.close()


@pytest.fixture(scope="session")
def browsers(browser: Browser, site: Site) -> Iterator[Browsers]:
    with closing(Browsers(browser, site)) as browsers:
        yield browsers


@pytest.fixture
def look(browsers: Browsers) -> Iterator[Look]:
    """Open pages of the server; at the end nothing may have gone wrong."""
    with looking(browsers) as look:
        yield look


@pytest.fixture
def own_state(state: State, tmp_path: Path) -> State:
    """A copy of the state, for a test that changes it."""
    shutil.copytree(state.data, tmp_path / "data")
    return State(tmp_path / "data", state.later)


@pytest.fixture
def own_site(own_state: State) -> Iterator[Site]:
    with running(settings_of(own_state)) as site:
        yield site


@pytest.fixture
def own_look(browser: Browser, own_site: Site) -> Iterator[Look]:
    with closing(Browsers(browser, own_site)) as browsers, looking(browsers) as look:
        yield look


def log_in(browser: Browser, site: Site) -> StorageState:
    """Return the cookies of a session with a token that may do everything."""
    with watching(browser, site.url) as watched:
        watched.go("/login?next=/houses/nothing")
        watched.page.get_by_label("Token").fill(site.token())
        watched.page.get_by_role("button", name="Log in").click()
        watched.page.wait_for_url("**/houses/nothing")
        return watched.page.context.storage_state()


@contextmanager
def looking(browsers: Browsers) -> Iterator[Look]:
    seen: list[Watched] = []
    with ExitStack() as stack:

        def look(path: str, **how: Any) -> Watched:
            watched = stack.enter_context(watching_in(browsers.get(**how), browsers.origin))
            seen.append(watched)
            watched.go(path)
            return watched

        yield look
        for watched in seen:
            watched.is_fine()
