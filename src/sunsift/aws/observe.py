"""Logs, metrics and traces, set up once for every function.

Logs are JSON, those of the steps included; every line carries the id of the request. Metrics are lines in
CloudWatch's embedded format, by service, and by service and step.
"""

import logging
import os
import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from sunsift.aws.environment import doubt_secret

Event = dict[str, Any]
_Answer = TypeVar("_Answer")

SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME") or "sunsift"
logger = Logger(service=SERVICE, serialize_stacktrace=False)
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Sunsift", service=SERVICE)
# Calls over HTTP are not patched: they would tell the retailer's server of our traces.
tracer = Tracer(service=SERVICE, patch_modules=("botocore",))

_ours = logging.getLogger("sunsift")
_ours.addHandler(logger.registered_handler)
_ours.setLevel(logger.log_level)
_ours.propagate = False  # Lambda's own handler would write every line again
# The tracer logs every error, too, but as plain text.
logging.getLogger("aws_lambda_powertools.tracing").setLevel(logging.CRITICAL)


class Emf:
    """An observer whose counts become metrics at the end of the invocation."""

    def step(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """Note what a step did, and how long it took."""
        metrics.add_metric("StepMilliseconds", MetricUnit.Milliseconds, seconds * 1000)
        for count, value in counts.items():
            metrics.add_metric(count, MetricUnit.Count, value)

    def level(self, name: str, value: int) -> None:
        """Note how much of something there is."""
        metrics.add_metric(name, MetricUnit.Count, value)

    def state(self, name: str) -> None:
        """Note that something is so during this invocation: 1, however often it is noted."""
        if name not in metrics.metric_set:
            self.level(name, 1)


EMF = Emf()


at_the_end: list[Callable[[], None]] = []
"""Called at the end of every invocation, before its metrics are written: who has a state to tell of."""


def observed(
    step: str,
) -> Callable[[Callable[[Event, Any], _Answer]], Callable[[Event, Any], _Answer]]:
    """Have a handler's logs, metrics and trace written. An error is logged, and goes on to Lambda."""

    def decorate(handler: Callable[[Event, Any], _Answer]) -> Callable[[Event, Any], _Answer]:
        @wraps(handler)
        def run(event: Event, context: Any) -> _Answer:
            # At the start, for a hundred values of a metric are written at once.
            metrics.clear_metrics()
            metrics.add_dimensions(service=SERVICE, step=step)
            try:
                return handler(event, context)
            except Exception:
                logger.exception("%s failed", step)
                doubt_secret()
                raise
            finally:
                for tell in at_the_end:
                    tell()
                if metrics.metric_set:
                    metrics.flush_metrics()

        traced: Any = tracer.capture_lambda_handler(capture_response=False)
        observed_handler: Callable[[Event, Any], _Answer] = traced(
            logger.inject_lambda_context(run, clear_state=True)
        )
        return observed_handler

    return decorate


def _x_ray() -> dict[str, str]:
    """Return the fields of the trace that X-Ray gave this invocation, as Root, Parent and Sampled."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    return dict(part.split("=", 1) for part in header.split(";") if "=" in part)


def trace_id() -> str:
    """Return the 32 hexadecimal digits that name the running trace, X-Ray's if there is one."""
    root = _x_ray().get("Root", "").removeprefix("1-").replace("-", "")
    return root if len(root) == 32 else secrets.token_hex(16)


def traceparent() -> str:
    """Return X-Ray's trace as W3C Trace Context writes it, or "" without one."""
    fields = _x_ray()
    if len(fields.get("Parent", "")) != 16 or "Root" not in fields:
        return ""
    return f"00-{trace_id()}-{fields['Parent']}-0{fields.get('Sampled') == '1':d}"
