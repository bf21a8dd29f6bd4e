"""The API and the pages on a free port of this machine, on a state of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sunsift.domain.rules import Rules
from sunsift.domain.times import to_ms
from sunsift.settings import Settings
from sunsift.tokens import Scope, made
from sunsift.web.app import create_app
from sunsift.web.context import Web
from sunsift.web.pool import Pool
from sunsift.web.server import serving
from sunsift.wiring import Sunsift, connected


@dataclass(frozen=True, slots=True)
class Site:
    """A running server. parts: another Sunsift on the same state, for this thread."""

    url: str
    parts: Sunsift
    web: Web
    app: FastAPI

    def token(self, *scopes: Scope, name: str = "test", expires_at: int | None = None) -> str:
        """Return a new token; without scopes it has all."""
        text, kept = made(name, scopes or Scope, to_ms(self.parts.clock.now()), expires_at)
        self.parts.tokens.add(kept)
        return text

    @contextmanager
    def client(self, *scopes: Scope, **headers: str) -> Iterator[httpx.Client]:
        """Lend a client with a token of these scopes, or all; headers: more of them."""
        shown = {"Authorization": f"Bearer {self.token(*scopes)}"} | headers
        with httpx.Client(base_url=self.url, headers=shown) as client:
            yield client

    @contextmanager
    def stranger(self, **headers: str) -> Iterator[httpx.Client]:
        """Lend a client without a token."""
        with httpx.Client(base_url=self.url, headers=headers) as client:
            yield client


def settings_for(data: Path, **changes: Any) -> Settings:
    """Return settings of a state in a folder."""
    usual: dict[str, Any] = {"data": data, "data_sets": data / "none", "rules": Rules(quiet_minutes=0)}
    return Settings(**(usual | changes))


@contextmanager
def running(settings: Settings, **web: Any) -> Iterator[Site]:
    """Serve while the block runs. web: further fields of `Web`."""
    parts = connected(settings)
    pool = Pool(lambda: connected(settings))
    try:
        served = Web(settings, pool, **web)
        app = create_app(served)
        with serving(app, "127.0.0.1", 0) as url:
            yield Site(url, parts, served, app)
    finally:
        pool.close()
        parts.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty server with nothing registered yet."""
    with running(settings_for(tmp_path)) as site:
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """Somebody who may do everything."""
    with site.client() as client:
        yield client
