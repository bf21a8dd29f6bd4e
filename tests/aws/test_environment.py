"""What the functions are told, secrets included."""

import json
import os

import pytest

from sunsift.aws import environment, poll, settle
from sunsift.aws.environment import read_environment
from sunsift.domain.errors import SettingsError, SunsiftError
from tests.aws.conftest import Output, Surroundings
from tests.aws.events import Context, scheduled
from tests.support.servers.ministack import Ministack, put_secret

SECRET = "secretsmanager:sunsift/rotated"


def read() -> environment.Environment:
    return read_environment(["SUNSIFT_STORE"])


@pytest.mark.parametrize(("kind", "name"), [("secretsmanager", "sunsift/test"), ("ssm", "/sunsift/test")])
def test_a_secret_is_merged_and_shown_nowhere(
    around: Surroundings, ministack: Ministack, output: Output, kind: str, name: str
) -> None:
    hidden = (
        "SUNSIFT_STORE",
        "SUNSIFT_COORDINATOR",
        "SUNSIFT_AZURE_CONNECTION_STRING",
        "SUNSIFT_WEBHOOK_SECRET",
    )
    values = {variable: around.values[variable] for variable in hidden}
    values["SUNSIFT_STORE"] = "postgresql://sunsift:pass-word-1@127.0.0.1:1/db"
    for variable in hidden:
        around.unset(variable)
    around.set("POWERTOOLS_LOG_LEVEL", "DEBUG")
    around.set("SUNSIFT_SECRET", put_secret(ministack, kind, name, values))
    told = read()
    assert told.settings.store == values["SUNSIFT_STORE"]
    assert poll.handler(scheduled(), Context())["depth"] == 0
    with pytest.raises(SunsiftError) as error:
        settle.handler(scheduled(), Context())
    said = output.text + json.dumps(output.lines()) + repr(told) + repr(error.value) + str(error.value)
    for value in ("pass-word-1", values["SUNSIFT_WEBHOOK_SECRET"], values["SUNSIFT_AZURE_CONNECTION_STRING"]):
        assert value not in said


def test_a_changed_secret_is_read_at_once_after_a_failure(around: Surroundings, ministack: Ministack) -> None:
    around.set("SUNSIFT_SECRET", SECRET)
    put_secret(ministack, "secretsmanager", "sunsift/rotated", {"SUNSIFT_TO": "https://one.example"})
    assert read().settings.to == "https://one.example"
    put_secret(ministack, "secretsmanager", "sunsift/rotated", {"SUNSIFT_TO": "https://two.example"})
    assert read().settings.to == "https://one.example"
    environment.doubt_secret()
    assert read().settings.to == "https://two.example"


def test_a_secret_is_kept_no_longer_than_it_may(
    around: Surroundings, ministack: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "SECRET_SECONDS", 0)
    around.set("SUNSIFT_SECRET", SECRET)
    for to in ("https://one.example", "https://two.example"):
        put_secret(ministack, "secretsmanager", "sunsift/rotated", {"SUNSIFT_TO": to})
        assert read().settings.to == to


def test_a_secret_that_cannot_be_read_again_serves_on(
    around: Surroundings, ministack: Ministack, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setattr(environment, "SECRET_SECONDS", 0)
    where = put_secret(ministack, "ssm", "/sunsift/gone", {"SUNSIFT_TO": "https://one.example"})
    around.set("SUNSIFT_SECRET", where)
    read()
    ministack.client("ssm").delete_parameter(Name="/sunsift/gone")
    assert read().settings.to == "https://one.example"
    assert [line["level"] for line in output.logs()] == ["WARNING"]


def test_a_secret_that_was_never_there_is_an_error(around: Surroundings) -> None:
    around.set("SUNSIFT_SECRET", "ssm:/sunsift/never")
    with pytest.raises(SettingsError, match="ssm:/sunsift/never cannot be read"):
        read()


@pytest.mark.parametrize("text", ["hush-hush", '["hush-hush"]', '{"SUNSIFT_TO": 7, "hush-hush": ""}'])
def test_a_secret_of_another_shape_is_not_repeated(
    around: Surroundings, ministack: Ministack, text: str
) -> None:
    ministack.client("ssm").put_parameter(
        Name="/sunsift/odd", Value=text, Type="SecureString", Overwrite=True
    )
    around.set("SUNSIFT_SECRET", "ssm:/sunsift/odd")
    with pytest.raises(SettingsError, match="ssm:/sunsift/odd must hold a JSON object") as error:
        read()
    assert "hush-hush" not in str(error.value)
    assert error.value.__cause__ is None


def test_names_in_a_secret_are_checked(around: Surroundings, ministack: Ministack) -> None:
    around.set("SUNSIFT_SECRET", put_secret(ministack, "ssm", "/sunsift/strange", {"PATH": "x"}))
    with pytest.raises(SettingsError, match="'PATH', but every name must begin with SUNSIFT_"):
        read()


def test_a_secret_must_say_where_it_is() -> None:
    with pytest.raises(SettingsError, match="must be secretsmanager:NAME or ssm:NAME"):
        read_environment([], {"SUNSIFT_SECRET": "vault:x"})


def test_all_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="SUNSIFT_STORE, SUNSIFT_INBOX: "):
        read_environment(["SUNSIFT_STORE", "SUNSIFT_INBOX"], {"SUNSIFT_TO": "x"})


def test_the_number_of_workers_must_be_one() -> None:
    told = {"SUNSIFT_QUEUE_PREDICT": "https://sqs/predict", "SUNSIFT_PREDICT_CONCURRENCY": "12"}
    read = read_environment([], told)
    assert (read.predict_queue, read.predict_concurrency) == ("https://sqs/predict", 12)
    with pytest.raises(SettingsError, match="SUNSIFT_PREDICT_CONCURRENCY is 'many', must be a whole number"):
        read_environment([], told | {"SUNSIFT_PREDICT_CONCURRENCY": "many"})


def test_topics_are_known_by_their_channel() -> None:
    told = read_environment([], {"SUNSIFT_TOPIC_WAKE": "arn:aws:sns:x:1:wake", "PATH": os.environ["PATH"]})
    assert told.topics == {"wake": "arn:aws:sns:x:1:wake"}
