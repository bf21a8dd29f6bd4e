"""What a function keeps between its invocations: connections, the model, the secret."""

from collections.abc import Iterable
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sunsift.adapters.sns_topic import SnsTopic
from sunsift.aws.environment import Environment, read_environment
from sunsift.aws.observe import EMF, at_the_end, traceparent
from sunsift.ports import Inbox, Sender
from sunsift.settings import LONGEST_STEP_MS
from sunsift.wiring import Steps, connected, inbox_at, sender_to

if TYPE_CHECKING:
    from sunsift.aws.once import Once


class Parts:
    """The parts of one function, each opened when it is first used."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._once: dict[str, Once] = {}

    @cached_property
    def topic(self) -> SnsTopic:
        """The topics of SNS."""
        return SnsTopic(_client("sns"), self.environment.topics, traceparent)

    @cached_property
    def sqs(self) -> Any:
        """A client of SQS."""
        return _client("sqs")

    @cached_property
    def steps(self) -> Steps:
        """The steps on store and coordinator."""
        settings = self.environment.settings
        own = connected(settings, longest_step_ms=LONGEST_STEP_MS, observer=EMF)
        steps = Steps(**{f.name: getattr(own, f.name) for f in fields(Steps)} | {"topic": self.topic})
        at_the_end.append(self._tell_of_fallback)
        return steps

    def _tell_of_fallback(self) -> None:
        # Only a coordinator on Redis has something to fall back on.
        if getattr(self.steps.coordinator, "down", False):
            EMF.state("CoordinatorFallback")

    @cached_property
    def inbox(self) -> Inbox:
        """The queue of packets."""
        settings = self.environment.settings
        return inbox_at(settings.inbox_at, settings)

    @cached_property
    def sender(self) -> Sender:
        """The way to the retailer."""
        settings = self.environment.settings
        return sender_to(settings.to or str(settings.outbox), settings)

    def once(self, step: str) -> "Once":
        """Return the memory of a step's events, see `once_in`."""
        from sunsift.aws.once import once_in

        if step not in self._once:
            self._once[step] = once_in(self.environment.settings.coordinator, step)
        return self._once[step]

    def close(self) -> None:
        """Close what was opened."""
        if "steps" in vars(self):
            at_the_end.remove(self._tell_of_fallback)
            self.steps.close()


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client(service, config=Config(connect_timeout=2, read_timeout=5, retries=retries))


_kept: list[Parts] = []


def parts_for(needs: Iterable[str]) -> Parts:
    """Return the parts, those of the last invocation if nothing that it was told has changed.

    Errors: SettingsError, see `read_environment`.
    """
    environment = read_environment(needs)
    if not _kept or _kept[0].environment != environment:
        forget_parts()
        _kept.append(Parts(environment))
    return _kept[0]


def forget_parts() -> None:
    """Close what is kept."""
    while _kept:
        _kept.pop().close()
