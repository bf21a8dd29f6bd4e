"""What keeps the pages safe: headers, cookies, forms, and who gets in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sunsift.domain.house import House
from sunsift.domain.times import to_ms
from sunsift.settings import Secrets
from sunsift.tokens import Scope
from sunsift.web.security.sessions import Sessions
from sunsift.web.security.throttle import FAILURES
from tests.support.web import Site, running, settings_for

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
COOKIE = "sunsift_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
SECRET = "a secret of thirty-two characters"
HOUSE = House(house_id="6102000001", capacity_kwp=5.0, latitude=-34.0, longitude=151.0, utc_offset_hours=10.0)
HTTPS = {"X-Forwarded-Proto": "https"}


class Browser:
    """As much of a browser as forms and cookies need."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def csrf_token(self) -> str:
        found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', self.client.get("/login").text)
        assert found
        return found[1]

    def post(self, path: str, *, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form as our own page does."""
        form = {"csrf_token": self.csrf_token()} | fields
        return self.client.post(path, data=form, headers=headers)

    def log_in(self, token: str, next_: str = "/") -> httpx.Response:
        return self.post("/login", token=token, next=next_)

    @property
    def cookie(self) -> str:
        return self.client.cookies[COOKIE]

    def is_logged_in(self) -> bool:
        answer = self.get("/no-such-page")
        assert answer.status_code in {303, 404}
        return answer.status_code == 404


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that leave it as it was."""
    with running(settings_for(tmp_path_factory.mktemp("state"))) as site:
        yield site


@contextmanager
def browsing(site: Site) -> Iterator[Browser]:
    with site.stranger() as client:
        yield Browser(client)


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with browsing(site) as browser:
        yield browser


@pytest.fixture
def inside(site: Site, browser: Browser) -> Browser:
    """A browser that is logged in and may do everything."""
    assert browser.log_in(site.token()).status_code == 303
    return browser


def attributes(answer: httpx.Response) -> set[str]:
    return {part.strip() for part in answer.headers["Set-Cookie"].split(";")[1:]}


@pytest.mark.parametrize(
    "path", ["/login", "/", "/no-such-page", "/static/app.css", "/v1/houses", "/v1/nothing"]
)
def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/login", "/", "/v1/houses"])
def test_nothing_of_the_state_is_kept_in_caches(browser: Browser, path: str) -> None:
    assert browser.get(path).headers["Cache-Control"] == "no-store"


def test_failures_carry_the_headers_too(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    settings = settings_for(tmp_path, store=nowhere, secrets=Secrets(session=SECRET))
    sessions = Sessions(SECRET)
    shown = [
        {"Authorization": f"Bearer sunsift_{'A' * 43}"},
        {"Cookie": f"{COOKIE}={sessions.seal(sessions.new('token'))}"},
    ]
    with running(settings) as broken, broken.stranger() as client:
        for headers in shown:
            answer = client.get("/v1/houses", headers=headers)
            assert answer.status_code == 503
            assert answer.headers["Content-Security-Policy"] == POLICY


def test_https_is_kept_only_where_it_is_spoken(browser: Browser) -> None:
    assert browser.get("/login", **HTTPS).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_cookie_on_this_machine(browser: Browser) -> None:
    answer = browser.get("/login")
    assert answer.headers["Set-Cookie"].startswith(f"{COOKIE}=")
    assert attributes(answer) == {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"}


@pytest.mark.parametrize("headers", [HTTPS, {"Host": "sunsift.example"}])
def test_a_cookie_elsewhere_is_secure(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.get("/login", **headers)
    assert answer.headers["Set-Cookie"].startswith(f"{SECURE_COOKIE}=")
    assert attributes(answer) == {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict", "Secure"}


def test_what_is_public_sets_no_cookie(browser: Browser) -> None:
    for path in ("/static/app.css", "/v1/health"):
        assert "Set-Cookie" not in browser.get(path).headers


def test_pages_lead_to_the_login_and_back(site: Site, browser: Browser) -> None:
    answer = browser.get("/houses/6102%2F01?days=30&from=a%26b")
    assert answer.status_code == 303
    target = urlsplit(answer.headers["Location"])
    assert target.path == "/login"
    (wanted,) = parse_qs(target.query)["next"]
    assert wanted == "/houses/6102%2F01?days=30&from=a%26b"
    assert browser.log_in(site.token(), wanted).headers["Location"] == wanted


def test_fragments_and_the_api_answer_401_instead(browser: Browser) -> None:
    assert browser.get("/pipeline", **{"Sec-Fetch-Mode": "cors"}).status_code == 401
    answer = browser.get("/v1/houses")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_logging_in_opens_the_pages_and_what_the_api_shows(inside: Browser) -> None:
    assert inside.is_logged_in()
    assert inside.get("/v1/houses").status_code == 200


def test_the_cookie_does_not_hold_the_token(site: Site, browser: Browser) -> None:
    token = site.token()
    browser.log_in(token)
    assert browser.is_logged_in()
    assert token not in browser.cookie
    assert token.removeprefix("sunsift_") not in browser.cookie


@pytest.mark.parametrize("token", ["", "sunsift_" + "A" * 43, "nonsense", "x" * 100_000])
def test_a_wrong_token_opens_nothing(browser: Browser, token: str) -> None:
    answer = browser.log_in(token)
    assert answer.status_code in {401, 413}
    assert not browser.is_logged_in()


def test_an_expired_token_opens_nothing(site: Site, browser: Browser) -> None:
    ended = to_ms(site.parts.clock.now()) - 1
    assert browser.log_in(site.token(expires_at=ended)).status_code == 401


def test_a_token_that_may_not_look_opens_nothing(site: Site, browser: Browser) -> None:
    answer = browser.log_in(site.token(Scope.INGEST))
    assert answer.status_code == 403
    assert "scope read" in answer.text
    assert not browser.is_logged_in()


def test_revoking_the_token_ends_its_sessions_at_once(site: Site, inside: Browser) -> None:
    assert inside.is_logged_in()
    token = site.parts.tokens.every()[-1]
    site.parts.tokens.revoke(token.id, to_ms(site.parts.clock.now()))
    assert not inside.is_logged_in()
    assert inside.get("/v1/houses").status_code == 401


def test_logging_in_begins_a_new_session(site: Site, browser: Browser) -> None:
    browser.get("/login")
    before = browser.cookie
    browser.log_in(site.token())
    assert browser.cookie != before
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, before, domain="127.0.0.1")
    assert not browser.is_logged_in()


def test_logging_out_ends_the_session_also_for_copies_of_its_cookie(inside: Browser) -> None:
    copy = inside.cookie
    assert inside.post("/logout").headers["Location"] == "/login"
    assert not inside.is_logged_in()
    inside.client.cookies.clear()
    inside.client.cookies.set(COOKIE, copy, domain="127.0.0.1")
    assert not inside.is_logged_in()


def test_a_changed_cookie_is_no_cookie(inside: Browser) -> None:
    body, _, signature = inside.cookie.rpartition(".")
    for forged in (f"{body}A.{signature}", f"{body}.{signature[::-1]}", body, "", "é"):
        with httpx.Client(base_url=inside.client.base_url) as client:
            cookie = f"{COOKIE}={forged}".encode()
            answer = client.get("/no-such-page", headers={b"Cookie": cookie})
        assert answer.status_code == 303, forged


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_the_right_csrf_token_is_refused(inside: Browser, token: str | None) -> None:
    answer = inside.client.post("/logout", data={"a": "b"} if token is None else {"csrf_token": token})
    assert answer.status_code == 403
    assert inside.is_logged_in()


def test_a_csrf_token_of_another_session_is_refused(site: Site, inside: Browser) -> None:
    with browsing(site) as other:
        stolen = other.csrf_token()
    assert inside.post("/logout", csrf_token=stolen).status_code == 403
    assert inside.is_logged_in()


def test_logging_in_needs_a_csrf_token_as_well(site: Site, browser: Browser) -> None:
    answer = browser.client.post("/login", data={"token": site.token(), "csrf_token": ""})
    assert answer.status_code == 403
    assert "cookie" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused_even_with_the_right_token(
    inside: Browser, headers: dict[str, str]
) -> None:
    assert inside.post("/logout", headers=headers).status_code == 403
    assert inside.is_logged_in()


def test_our_own_origin_is_let_in(site: Site, inside: Browser) -> None:
    headers = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    assert inside.post("/logout", headers=headers).status_code == 303


def test_forms_come_in_one_way_only(inside: Browser) -> None:
    fields = {"csrf_token": inside.csrf_token()}
    assert inside.client.post("/logout", json=fields).status_code == 415
    assert inside.client.post("/logout", files={"csrf_token": fields["csrf_token"]}).status_code == 415
    assert inside.client.post("/logout", data=fields | {"note": "x" * 70_000}).status_code == 413
    assert inside.is_logged_in()


def test_a_session_may_do_what_its_token_may(site: Site) -> None:
    site.parts.store.register([HOUSE])
    fields = {"found": "fault", "first_day": "2025-11-01", "last_day": "2025-11-02", "note": ""}
    for scopes, status in (
        ((Scope.READ, Scope.INGEST, Scope.MANAGE), 403),
        ((Scope.READ, Scope.FEEDBACK), 303),
    ):
        with browsing(site) as browser:
            browser.log_in(site.token(*scopes))
            assert browser.post("/houses/6102000001/feedback", headers=None, **fields).status_code == status
    assert len(list(site.parts.records.feedback("6102000001"))) == 1


def test_a_cookie_alone_changes_nothing_through_the_api(inside: Browser) -> None:
    body = [{"house_id": "6102000001"}]
    assert inside.client.post("/v1/houses", json=body).status_code == 401


@pytest.mark.parametrize(
    "next_",
    [
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example/",
        "javascript:alert(1)",
        "\t//elsewhere.example",
        "/\t/elsewhere.example",
        "/a\r\nSet-Cookie: a=b",
        "elsewhere",
        "",
    ],
)
def test_logging_in_leads_nowhere_else(site: Site, browser: Browser, next_: str) -> None:
    assert browser.log_in(site.token(), next_).headers["Location"] == "/"


def test_a_link_of_another_site_does_not_log_out(inside: Browser) -> None:
    """The browser keeps the strict cookie back; the page must ask again by itself, and set no new one."""
    with httpx.Client(base_url=inside.client.base_url) as without_cookie:
        answer = without_cookie.get("/houses/1", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0">' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_guessing_is_slowed_down_and_a_right_token_too_while_it_lasts(tmp_path: Path) -> None:
    with running(settings_for(tmp_path)) as site, browsing(site) as browser:
        for _ in range(FAILURES):
            assert browser.log_in("wrong").status_code == 401
        answer = browser.log_in(site.token())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 300
        assert not browser.is_logged_in()


def test_open_to_all_asks_nobody_but_checks_forms(tmp_path: Path) -> None:
    with running(settings_for(tmp_path), open_to_all=True) as open_site, browsing(open_site) as browser:
        assert browser.get("/login").headers["Location"] == "/"
        assert browser.is_logged_in()
        assert browser.client.post("/logout", data={"a": "b"}).status_code == 403


def test_a_secret_makes_sessions_outlast_the_process(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, secrets=Secrets(session=SECRET))
    with running(settings) as site, browsing(site) as browser:
        browser.log_in(site.token())
        cookie = browser.cookie
    for again, expected in ((settings, True), (settings_for(tmp_path), False)):
        with running(again) as site, browsing(site) as browser:
            browser.client.cookies.set(COOKIE, cookie, domain="127.0.0.1")
            assert browser.is_logged_in() is expected
