"""What is logged: as text or as JSON lines, and never with a secret in it."""

import json
import logging
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

Format = Literal["text", "json"]

HIDDEN: Final = "***"
# Shorter ones would take harmless words with them; nobody should have one.
SHORTEST_SECRET: Final = 6
_WORDS: Final = "sig|signature|token|secret|password|passwd|pwd|credential|code"
_NAMED_SO: Final = rf"[\w-]{{0,30}}(?:{_WORDS}|account_?key|access_?key|api_?key)"
_MASKS: Final = [
    (re.compile(pattern, re.IGNORECASE), rf"\g<1>{HIDDEN}")
    for pattern in (
        # Up to the last @, for a password may hold an @ that nobody escaped.
        r"(\b[a-z][\w+.-]{0,30}://[^\s:/@]*:)\S{1,500}(?=@)",
        r"(SharedAccessSignature\s*=\s*)[^\s;\"']+",
        rf"((?:[?&;]|%26|\b){_NAMED_SO}=)(?:'[^']*'|\"[^\"]*\"|[^\s&;\"',)]+)",
        r"([?&][\w-]*key=)[^\s&;\"',)]+",
        r"(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:\w+ +)?)[^\s'\",}]+",
        r"(\bbearer +)[\w.~+/=-]{16,}",
        r"(\bwhsec_)[\w+/=-]+",
        r"(\bsunsift_)[\w-]{43,}",
    )
]
_STANDARD: Final = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Return text without the secrets in it. secrets: literal ones, beside those that show by their form."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def secrets_in(values: Iterable[str | None]) -> list[str]:
    """Return the secret parts of URLs, connection strings, SAS and plain secrets, the longest first.

    A plain secret is wholly one. Parts are given as they stand and decoded.
    """
    found: set[str] = set()
    for value in filter(None, values):
        if re.match(r"[a-z][\w+.-]*://", value):
            netloc, query = _parts(value)
            found.add(netloc.rpartition("@")[0].partition(":")[2])
        elif re.search(r"[;&]", value):
            query = value
        else:
            found.add(value.strip())
            continue
        fields = (part.partition("=") for part in re.split(r"[;&?]", query))
        found.update(part for name, _, part in fields if re.search(rf"(?:{_WORDS}|key)$", name, re.I))
    found |= {unquote(secret) for secret in found}
    return sorted((s for s in found if len(s) >= SHORTEST_SECRET), key=lambda s: (-len(s), s))


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # no URL at all, so its form alone has to tell what is secret in it
        return "", ""
    return parts.netloc, parts.query


class Masking(logging.Filter):
    """Takes secrets out of whatever passes: message, extra fields, exception. For a handler."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """secrets: literal ones; see `secrets_in`."""
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record; none is held back."""
        record.msg, record.args = mask(_message(record), self._secrets), None
        if record.exc_info:
            # Kept as text alone: whoever formats the exception itself would bring its secrets back.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = mask(record.exc_text, self._secrets)
        if record.stack_info:
            record.stack_info = mask(record.stack_info, self._secrets)
        for name in vars(record).keys() - _STANDARD:
            setattr(record, name, self._plain(getattr(record, name)))
        return True

    def _plain(self, value: Any) -> Any:
        """Return a value that JSON can hold, masked."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, Mapping):
            return {mask(str(key), self._secrets): self._plain(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(part) for part in value]
        return mask(str(value), self._secrets)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a wrong % in somebody's line must not end the process
        return f"{record.msg} {record.args}"


def extras(record: logging.LogRecord, *, lists: bool) -> dict[str, Any]:
    """Return the extra fields of a record. lists: whole, or only how long each is, as NAME_count."""
    given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if lists:
        return given
    return {
        f"{name}_count" if isinstance(value, list) else name: len(value) if isinstance(value, list) else value
        for name, value in given.items()
    }


class _Text(logging.Formatter):
    """One line: time, level, message, extra fields as name=value; below it the exception, if any."""

    def __init__(self, *, lists: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._lists = lists

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        # A name from outside must not begin a line that looks like one of ours.
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        fields = extras(record, lists=self._lists).items()
        told = "".join(f" {name}={json.dumps(v) if isinstance(v, list | dict) else v}" for name, v in fields)
        return super().formatMessage(record) + told.replace("\r", "\\r").replace("\n", "\\n")


class _Json(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, *, lists: bool) -> None:
        super().__init__()
        self._lists = lists

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        line |= {name: value for name, value in extras(record, lists=self._lists).items() if name not in line}
        if record.exc_text:
            line["exception"] = record.exc_text
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(how: Format = "text", level: int = logging.INFO, secrets: Iterable[str] = ()) -> None:
    """Log to standard error from now on, in place of what was set up before.

    level: of Sunsift's own lines. Of libraries only warnings show: the Azure one tells every request as
    INFO. At DEBUG lists of houses and messages are whole, above it only counted.
    secrets: literal ones to keep out; see `secrets_in`.
    """
    lists = level <= logging.DEBUG
    handler = logging.StreamHandler()
    handler.addFilter(Masking(secrets))
    handler.setFormatter(_Json(lists=lists) if how == "json" else _Text(lists=lists))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("sunsift").setLevel(level)
