"""Who gets into the API: tokens, scopes, limits, and a server that is open to its own machine."""

import gzip
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sunsift.domain.times import to_ms
from sunsift.tokens import PREFIX, Scope
from sunsift.web.limits import Limits
from tests.support.build import a_house, a_packet, fields_of
from tests.support.web import Site, running, settings_for

FREE = {"/v1/health", "/v1/openapi.json"}
HOUSE = {"capacity_kwp": 5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for the tests that do not care what others left behind."""
    with running(settings_for(tmp_path_factory.mktemp("busy"))) as site:
        yield site


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that is open to its own machine."""
    with running(settings_for(tmp_path_factory.mktemp("open")), open_to_all=True) as site:
        yield site


def operations(site: Site) -> Iterator[tuple[str, str, str | None]]:
    """Yield method, path and scope of everything that the API describes."""
    with site.stranger() as client:
        described: dict[str, Any] = client.get("/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            scopes = [scope for needed in operation.get("security", []) for scope in needed["token"]]
            yield method.upper(), re.sub(r"\{\w+\}", "house-1", path), scopes[0] if scopes else None


def test_nothing_is_answered_without_a_token(busy: Site) -> None:
    seen = 0
    with busy.stranger() as client:
        for method, path, scope in operations(busy):
            answer = client.request(method, path)
            if path in FREE:
                assert (answer.status_code, scope) == (200, None)
                continue
            seen += 1
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.headers["Content-Type"] == "application/problem+json"
        assert client.get("/v1/nothing").status_code == 401, "not even what there is"
        assert client.get("/v1").status_code == 401
    assert seen > 15


def test_health_says_no_more_than_it_must(busy: Site) -> None:
    with busy.stranger() as client:
        assert set(client.get("/v1/health").json()) == {"ok", "version"}


def test_every_route_needs_just_its_scope(busy: Site) -> None:
    allowed = {scope: busy.token(scope) for scope in Scope}
    barred = {scope: busy.token(*(s for s in Scope if s != scope)) for scope in Scope}
    with busy.stranger() as client:
        for method, path, named in operations(busy):
            if named is None:
                continue
            needed = Scope(named)
            refused = client.request(method, path, headers={"Authorization": f"Bearer {barred[needed]}"})
            assert refused.status_code == 403, (method, path)
            assert f"lacks the scope {needed}" in refused.json()["detail"]
            let_in = client.request(method, path, headers={"Authorization": f"Bearer {allowed[needed]}"})
            assert let_in.status_code not in {401, 403}, (method, path)


def test_only_a_whole_token_that_holds_lets_in(busy: Site) -> None:
    good = busy.token()
    now = to_ms(busy.parts.clock.now())
    expired, revoked = busy.token(expires_at=now - 1), busy.token(name="to revoke")
    [known] = [t for t in busy.parts.tokens.every() if t.name == "to revoke"]
    busy.parts.tokens.revoke(known.id, now)
    with busy.stranger() as client:
        for shown in (f"Bearer {good}", f"bearer {good}", f"BEARER  {good}"):
            assert client.get("/v1/houses", headers={"Authorization": shown}).status_code == 200
        for shown in (
            *(f"Bearer {wrong}" for wrong in (expired, revoked, good[:-1], good + "A", good.swapcase())),
            *("", "Bearer", good, f"Basic {good}", f"Token {good}", f"Bearer {good} {good}"),
            *(f"Bearer {PREFIX}{'A' * 43}", "Bearer caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ):
            headers = {"Authorization": shown.encode("utf-8")}
            assert client.get("/v1/houses", headers=headers).status_code == 401, shown  # type: ignore[arg-type]
        assert client.get(f"/v1/houses?token={good}").status_code == 401
        assert client.get("/v1/houses", headers={"X-Token": good}).status_code == 401


def test_a_token_ends_at_once(busy: Site) -> None:
    with busy.client(Scope.READ) as client:
        assert client.get("/v1/houses").status_code == 200
        [known] = [t for t in busy.parts.tokens.every() if t.scopes == {Scope.READ} and t.revoked_at is None][
            -1:
        ]
        busy.parts.tokens.revoke(known.id, to_ms(busy.parts.clock.now()))
        assert client.get("/v1/houses").status_code == 401


def test_nobody_is_let_in_to_send_a_body(busy: Site) -> None:
    """Whoever it is, is asked before the body is: this one never comes."""
    with socket.create_connection(("127.0.0.1", urlsplit(busy.url).port or 0), 30) as stranger:
        stranger.sendall(b"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        assert stranger.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_cookie_changes_nothing_through_the_api(busy: Site) -> None:
    with busy.stranger() as client:
        form = client.get("/login").text
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', form)
        assert found
        fields = {"csrf_token": found[1], "token": busy.token(), "next": "/"}
        assert client.post("/login", data=fields).status_code == 303
        assert client.get("/v1/houses").status_code == 200
        for method, path in (("PUT", "/v1/houses/other"), ("POST", "/v1/feedback")):
            answer = client.request(method, path, json=HOUSE)
            assert answer.status_code == 401
        assert busy.parts.store.houses(["other"]) == {}


def test_logs_name_neither_tokens_nor_meters(busy: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="sunsift")
    busy.parts.store.register([a_house("house-1")])
    token = busy.token(name="billing")
    headers = {"Authorization": f"Bearer {token}"}
    with busy.stranger() as client:
        client.get("/v1/houses/house-1/days?from=2026-01-01", headers=headers)
        client.post("/v1/packets", json=fields_of(a_packet()), headers=headers)
        client.get("/v1/nowhere/house-1", headers=headers)
        client.get("/v1/houses", headers={"Authorization": f"Bearer {token}x"})
    # uvicorn's own log of requests is off, but pytest listens even to that. Steps name houses at DEBUG.
    lines = [r for r in caplog.records if r.name.startswith(("sunsift.web", "uvicorn.error"))]
    told = "\n".join(f"{record.getMessage()} {vars(record)}" for record in lines)
    assert "GET /v1/houses/{house_id}/days 200" in told
    assert "POST /v1/packets 202" in told
    assert "'caller': 'billing'" in told
    assert token.removeprefix(PREFIX) not in told
    assert "house-1" not in told
    assert "2026-01-01" not in told
    looking = [r.levelno for r in lines if r.getMessage().startswith("GET")]
    assert set(looking) == {logging.DEBUG}


class TestLimits:
    def test_each_caller_has_a_bucket(self, tmp_path: Path) -> None:
        limits = Limits(burst=5, per_second=0.01)
        with running(settings_for(tmp_path), limits=limits) as site, site.client() as one:
            answers = [one.get("/v1/houses") for _ in range(7)]
            assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
            assert 1 <= int(answers[-1].headers["Retry-After"]) <= 100
            assert answers[-1].headers["Content-Type"] == "application/problem+json"
            with site.client() as other:
                assert other.get("/v1/houses").status_code == 200
            with site.stranger() as stranger:
                told = [stranger.get(path).status_code for path in ("/v1/houses", "/v1/health") * 4]
            assert told == [401, 200, 401, 200, 401, 429, 429, 429]

    def test_behind_a_proxy_each_address_has_a_bucket(self, tmp_path: Path) -> None:
        limits = Limits(burst=2, per_second=0.01)
        with running(settings_for(tmp_path), limits=limits) as site, site.stranger() as proxy:
            for address in ("203.0.113.1", "2001:db8::1"):
                headers = {"X-Forwarded-For": address}
                answers = [proxy.get("/v1/health", headers=headers).status_code for _ in range(3)]
                assert answers == [200, 200, 429]

    @pytest.mark.parametrize("announced", [True, False])
    def test_a_body_that_is_too_large_is_refused_as_it_comes(self, tmp_path: Path, announced: bool) -> None:
        limits = Limits(body_bytes=10_000, bulk_bytes=50_000)
        with running(settings_for(tmp_path), limits=limits) as site, site.client() as client:
            for path, most in (
                ("/v1/packets", 10_000),
                ("/v1/packets/bulk", 50_000),
                ("/v1/feedback", 10_000),
            ):
                for size, expected in ((most, 422), (most + 1, 413)):
                    body = b" " * size
                    content = body if announced else iter([body[:7], body[7:]])
                    headers = {"Content-Type": "application/json"}
                    answer = client.post(path, content=content, headers=headers)
                    assert answer.status_code == expected, (path, size, answer.text)
                    assert answer.headers["Content-Type"] == "application/problem+json"

    def test_what_it_unpacks_to_counts(self, tmp_path: Path) -> None:
        limits = Limits(bulk_bytes=50_000)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        with running(settings_for(tmp_path), limits=limits) as site, site.client() as client:
            for size, expected in ((50_000, 202), (50_001, 413), (20_000_000, 413)):
                packed = gzip.compress(b"\n" * size)
                assert (
                    client.post("/v1/packets/bulk", content=packed, headers=headers).status_code == expected
                )

    def test_a_body_that_comes_too_slowly_is_given_up(self, tmp_path: Path) -> None:
        with running(settings_for(tmp_path), limits=Limits(body_seconds=0.2)) as site:
            head = (
                f"POST /v1/packets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token()}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
            with socket.create_connection(("127.0.0.1", urlsplit(site.url).port or 0), 30) as caller:
                caller.sendall(head.encode())
                answer = b""
                while more := caller.recv(65536):
                    answer += more
        assert answer.startswith(b"HTTP/1.1 408 ")


class TestOpenToItsMachine:
    def test_everything_is_allowed(self, opened: Site) -> None:
        with opened.stranger() as client:
            assert client.put("/v1/houses/a", json=HOUSE).status_code == 200
            assert client.get("/v1/houses").status_code == 200
            port = client.base_url.port
            for name in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "localhost"):
                assert client.get("/v1/houses", headers={"Host": name}).status_code == 200

    @pytest.mark.parametrize(
        "host",
        ["attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example:80", "10.0.0.1", ""],
    )
    def test_another_name_for_this_machine_is_refused(self, opened: Site, host: str) -> None:
        with opened.stranger() as client:
            for path in ("/v1/houses", "/v1/health", "/", "/login", "/static/app.css"):
                assert client.get(path, headers={"Host": host}).status_code in {400, 403}

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://attacker.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"X-Forwarded-For": "203.0.113.5"},
            {"Forwarded": "for=203.0.113.5"},
        ],
    )
    def test_pages_and_proxies_of_elsewhere_change_nothing(
        self, opened: Site, headers: dict[str, str]
    ) -> None:
        with opened.stranger(**headers) as client:
            assert client.put("/v1/houses/victim", json=HOUSE).status_code == 403
        assert opened.parts.store.houses(["victim"]) == {}

    def test_our_own_pages_may(self, opened: Site) -> None:
        headers = {"Origin": opened.url, "Sec-Fetch-Site": "same-origin"}
        with opened.stranger(**headers) as client:
            assert client.put("/v1/houses/a", json=HOUSE).status_code == 200
