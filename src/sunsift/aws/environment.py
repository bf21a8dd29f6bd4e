"""What a function is told: its environment, and the secret that this names.

SUNSIFT_SECRET is `secretsmanager:NAME` or `ssm:NAME`, and holds a JSON object of further variables, which
win over those of the environment. Values are never logged and stand in no error.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sunsift.domain.errors import SettingsError
from sunsift.ports import DELIVER, PREDICT, WAKE
from sunsift.settings import Settings, read_settings

log = logging.getLogger(__name__)

STORE = "SUNSIFT_STORE"
INBOX = "SUNSIFT_INBOX"
TO = "SUNSIFT_TO"
TOPICS = {channel: f"SUNSIFT_TOPIC_{channel.upper()}" for channel in (WAKE, PREDICT, DELIVER)}
PREDICT_QUEUE = "SUNSIFT_QUEUE_PREDICT"
PREDICT_CONCURRENCY = "SUNSIFT_PREDICT_CONCURRENCY"
SECRET = "SUNSIFT_SECRET"  # noqa: S105 - the name of a variable
SECRET_SECONDS = 300
"""A secret that was changed is taken up after this time at the latest."""

_last_read: dict[str, dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that a function is told.

    topics: the ARN of each channel's SNS topic. predict_queue: the URL of the queue that brings messages to
    predict. predict_concurrency: how many calls of predict may run at once.
    """

    settings: Settings
    topics: Mapping[str, str] = field(default_factory=dict)
    predict_queue: str = ""
    predict_concurrency: int = 0


def read_environment(needs: Iterable[str], told: Mapping[str, str] = os.environ) -> Environment:
    """Read variables and secret. needs: the variables without which the function cannot work.

    Errors: SettingsError naming what is missing or cannot be used.
    """
    values = {name: value for name, value in told.items() if name.startswith("SUNSIFT_")}
    secret = values.get(SECRET)
    if secret:
        values |= _read_secret(secret)
    if missing := [name for name in needs if not values.get(name)]:
        place = (
            f"its environment nor in {secret}" if secret else f"its environment, and {SECRET} names no secret"
        )
        raise SettingsError(f"{', '.join(missing)}: the function needs this, but it is neither in {place}")
    topics = {channel: values[name] for channel, name in TOPICS.items() if values.get(name)}
    queue, workers = values.get(PREDICT_QUEUE, ""), values.get(PREDICT_CONCURRENCY) or "0"
    if not workers.isdecimal():
        raise SettingsError(f"{PREDICT_CONCURRENCY} is {workers!r}, must be a whole number")
    return Environment(read_settings(values), topics, queue, int(workers))


def doubt_secret() -> None:
    """Read the secret anew next time: something failed, and a changed password may be why."""
    if _last_read:
        from aws_lambda_powertools.utilities import parameters

        parameters.clear_caches()  # type: ignore[no-untyped-call]


def _read_secret(where: str) -> dict[str, str]:
    from aws_lambda_powertools.utilities import parameters

    kind, _, name = where.partition(":")
    try:
        if kind == "secretsmanager" and name:
            text = parameters.get_secret(name, max_age=SECRET_SECONDS)
        elif kind == "ssm" and name:
            text = parameters.get_parameter(name, decrypt=True, max_age=SECRET_SECONDS)
        else:
            raise SettingsError(f"{SECRET} is {where!r}, must be secretsmanager:NAME or ssm:NAME")
    except parameters.GetParameterError as error:
        if where not in _last_read:
            raise SettingsError(f"{where} cannot be read: {error}") from None
        log.warning("%s cannot be read again, its last values serve on: %s", where, error)
        return _last_read[where]
    _last_read[where] = _values(where, text)
    return _last_read[where]


def _values(where: str, text: Any) -> dict[str, str]:
    try:
        values = json.loads(text)
    except ValueError:  # its text would hold the secret
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise SettingsError(f"{where} must hold a JSON object of texts, such as {{{STORE!r}: '...'}}")
    if strange := [name for name in values if not name.startswith("SUNSIFT_")]:
        raise SettingsError(f"{where} holds {strange[0]!r}, but every name must begin with SUNSIFT_")
    return values
