"""Log lines: their two forms, and that no secret gets into either."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from sunsift.logs import HIDDEN, configure, mask, secrets_in

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SIGNATURE = "u9Vb%2FqM4%2BnZ0b1c2d3e4f5%3D"
SAS = f"sv=2024-11-04&ss=q&srt=so&sp=rwp&se=2027-01-01T00:00:00Z&spr=https&sig={SIGNATURE}"
CONNECTION = (
    f"DefaultEndpointsProtocol=https;AccountName=retailer;AccountKey={KEY};EndpointSuffix=core.example"
)
WEBHOOK = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

# (what a library would log, what must not come through of it, what must)
LINES = [
    (f"URL: 'https://retailer.queue.example/in/messages?numofmessages=32&{SAS}'", SIGNATURE, "/in/messages"),
    (f'https://a.example:443 "GET /in?comp=metadata&sig={SIGNATURE} HTTP/1.1" 403 246', SIGNATURE, "403 246"),
    (f"Connection string {CONNECTION} is malformed", KEY, "AccountName=retailer"),
    (f"SharedAccessSignature={SAS};QueueEndpoint=https://a.example/", SIGNATURE, "https://a.example/"),
    (f"Request headers: 'Authorization': 'SharedKey retailer:{KEY}'", KEY, "Authorization"),
    ("Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.e30.c2ln", "eyJ0eXAi", "Authorization"),
    ("acquired a token: bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1", "eyJ0eXAi", "acquired"),
    ("Error 111 connecting to redis://worker:hunter22@cache:6379/0.", "hunter22", "@cache:6379/0"),
    ("Error connecting to rediss://:hunt@er/22@cache:6379/0", "hunt", "@cache:6379/0"),
    ('connection to "postgresql://sunsift:s3cr%40t-word@db.example/x" failed', "s3cr%40t", "@db.example/x"),
    ("connection info: host=db user=sunsift password=s3cret-word dbname=sunsift", "s3cret", "dbname=sunsift"),
    ("connection info: host=db password='s3cret word' dbname=sunsift", "s3cret word", "dbname=sunsift"),
    ("postgresql://db.example/sunsift?password=s3cret-word&sslmode=require", "s3cret", "sslmode=require"),
    ('https://hooks.example:443 "POST /solar?token=0a1b2c3d4e HTTP/1.1" 500', "0a1b2c3d4e", "/solar?token="),
    ("Retrying (Retry(total=0)): /solar?api_key=0a1b2c3d4e", "0a1b2c3d4e", "Retrying"),
    (f"the secret {WEBHOOK} cannot be used", WEBHOOK[6:], "cannot be used"),
    (f"who is sunsift_{'Ab1-_' * 9}?", "Ab1-_", "who is sunsift_"),
]  # fmt: skip

Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Tells what went to standard error; afterwards logging is as it was."""
    loggers = [logging.getLogger(), logging.getLogger("sunsift")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers.clear()
        logger.propagate = True  # functions of Lambda have their own way to log
    yield lambda: capsys.readouterr().err
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("how", ["text", "json"])
@pytest.mark.parametrize(("line", "secret", "kept"), LINES, ids=[str(n) for n in range(len(LINES))])
def test_no_secret_passes(
    said: Said, how: Literal["text", "json"], line: str, secret: str, kept: str
) -> None:
    configure(how, logging.DEBUG)
    for name in ("sunsift.steps.deliver", "azure.core", "urllib3.connectionpool", "redis", "psycopg"):
        logger = logging.getLogger(name)
        logger.warning("as the message: %s", line)
        logger.warning(f"without arguments: {line}")
        logger.warning("as a field", extra={"problem": line, "problems": {"h1": [line]}})
        logger.warning("as an object", extra={"problem": ValueError(line)})
        try:
            raise ConnectionError(line)
        except ConnectionError:
            logger.exception("as an exception")
    text = said()
    assert text.count("as the message") == 5
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    first = text.splitlines()[0]
    message = json.loads(first)["message"] if how == "json" else first
    assert HIDDEN in message
    assert kept in message


def test_harmless_lines_stay_as_they_are() -> None:
    for line in (
        "settled 12 houses: 119 predictions, 3 reports",
        "state in postgresql://sunsift@db.example:5432/sunsift",
        "watching azure://retailer/in for packets; reports go to https://retailer.example:8443/solar",
        "report 0f3e of key=value was not delivered: the receiver answered 500",
        "quiet clocks and leases in redis://cache:6379/0?cluster=true",
    ):
        assert mask(line) == line


def test_secrets_that_do_not_show_by_their_form_are_known_by_heart(said: Said) -> None:
    secrets = secrets_in(
        [
            "postgresql://sunsift:pass%2Fword@db.example/sunsift",
            "redis://:in-redis@cache:6379/0",
            "https://hooks.example/solar?team=retail&code=me-of-retail",
            CONNECTION,
            SAS,
            "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "postgresql://db.example/sunsift?sslmode=require&application_name=sunsift",
            "redis://:pass[word@cache",
            None,
            "",
            "short",
        ]
    )
    assert {"pass%2Fword", "pass/word", "in-redis", "me-of-retail", KEY, SIGNATURE} <= set(secrets)
    assert "C2FVsBQIhrscChlQIMV+b5sSYspob7oD" in secrets
    assert not {"short", "retailer", "db.example", "sunsift", "require"} & set(secrets)
    configure("json", secrets=secrets)
    logging.getLogger("sunsift").error("tried %s", " ".join(secrets))
    assert objects(said())[0]["message"] == "tried " + " ".join([HIDDEN] * len(secrets))


def test_json_lines_have_every_field(said: Said) -> None:
    configure("json")
    log = logging.getLogger("sunsift.steps.predict")
    fields = {"house_id": "h1", "trace_id": "ab" * 16, "status": "poor", "attempts": 2, "share": 0.5}
    log.info("the status of house %s changed", "h1", extra=fields)
    log.debug("not told")
    logging.getLogger("azure.core").info("a request")
    [line] = objects(said())
    assert line.items() >= fields.items()
    assert line.keys() - fields.keys() == {"time", "level", "logger", "message"}
    assert (line["level"], line["logger"]) == ("INFO", "sunsift.steps.predict")
    assert line["message"] == "the status of house h1 changed"
    assert line["time"].endswith("+00:00")


def test_lists_are_counted_and_whole_at_debug(said: Said) -> None:
    fields = {"house_ids": ["h1", "h2"], "message_ids": ("m1",), "trace_id": "t"}
    for level in (logging.INFO, logging.DEBUG):
        configure("json", level)
        logging.getLogger("sunsift").info("stored messages", extra=fields)
    counted, whole = objects(said())
    assert (counted["house_ids_count"], counted["message_ids_count"], counted["trace_id"]) == (2, 1, "t")
    assert "house_ids" not in counted
    assert (whole["house_ids"], whole["message_ids"]) == (["h1", "h2"], ["m1"])


def test_exceptions_and_odd_values_are_json_too(said: Said) -> None:
    configure("json")
    log = logging.getLogger("sunsift")
    try:
        raise ZeroDivisionError("no\nhouse")
    except ZeroDivisionError:
        log.exception("house %s cannot be judged", "h1", extra={"share": float("nan"), "kind": int})
    log.warning("100%% of %d", "not a number")
    failed, odd = objects(said())
    assert failed["exception"].startswith("Traceback")
    assert failed["exception"].endswith("no\nhouse")
    assert (failed["share"], failed["kind"]) == ("nan", "<class 'int'>")
    assert "not a number" in odd["message"]


def test_text_is_one_line_with_its_fields(said: Said) -> None:
    configure("text")
    logging.getLogger("sunsift").warning("a\n2027 ERROR forged", extra={"house_id": "a\nb", "houses": ["a"]})
    [line] = said().splitlines()
    assert "WARNING a\\n2027 ERROR forged house_id=a\\nb houses_count=1" in line


def test_long_lines_take_no_longer_than_they_must() -> None:
    for text in ("a-" * 100_000, "ab" * 100_000, "a://b:" * 20_000, '{"h":"a@b"},' * 20_000):
        begun = time.perf_counter()
        mask(text)
        assert time.perf_counter() - begun < 5.0
