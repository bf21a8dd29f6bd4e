"""What was counted, for Prometheus to fetch."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sunsift import __version__
from sunsift.domain.errors import SettingsError, SunsiftError
from sunsift.model import Model
from sunsift.parcels import Saved
from sunsift.records import Records
from sunsift.settings import host_and_port
from sunsift.steps.deliver import Delivered
from sunsift.steps.ingest import Ingested
from sunsift.steps.predict import Predicted
from sunsift.telemetry import Counts, deliver_counts, ingest_counts, predict_counts
from sunsift.wiring import needs

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
"""The store is asked for its figures at most so often."""
SHARE_OF_TIME: Final = 0.01
"""And so seldom that asking takes no more than this share of the time."""
_STEP_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
# So that a rate is known from the first of each on.
_FROM_THE_START: Final = (
    ingest_counts(Ingested(0, Saved())),
    predict_counts(Predicted(0, 0, 0, 0, 0)),
    deliver_counts(Delivered(0, 0)),
)


def metric_name(name: str) -> str:
    """Return the name for Prometheus: sunsift_packets_accepted for PacketsAccepted."""
    return "sunsift" + re.sub(r"(?=[A-Z])", "_", name).lower()


class PrometheusObserver:
    """Keeps what it is told in a registry of its own. Errors: SettingsError if the extra is missing."""

    def __init__(self) -> None:
        with needs("metrics"):
            import prometheus_client as prometheus
        # Without a series more of every counter that nobody reads.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self.registry)
        self._prometheus = prometheus
        self._counters: dict[str, prometheus.Counter] = {}
        self._gauges: dict[str, prometheus.Gauge] = {}
        self._seconds = prometheus.Histogram(
            "sunsift_step_seconds",
            "How long steps ran",
            ["step"],
            buckets=_STEP_SECONDS,
            registry=self.registry,
        )
        self._ended = prometheus.Gauge(
            "sunsift_last_step_timestamp_seconds", "When a step last ended", ["step"], registry=self.registry
        )
        self._lines = prometheus.Counter(
            "sunsift_log_lines", "Warnings and errors that were logged", ["level"], registry=self.registry
        )
        for level in ("warning", "error"):
            self._lines.labels(level)
        for counts in _FROM_THE_START:
            self._count(counts)
        self._records: Records | None = None
        self._look_at = 0.0

    def watch(self, records: Records, model: Model) -> None:
        """Tell, from now on, what waits in the store, too, and which model judges."""
        build = self._prometheus.Info("sunsift_build", "What runs", registry=self.registry)
        build.info({"version": __version__, "model": model.version})
        self._records = records

    def step(self, name: str, seconds: float, counts: Counts) -> None:
        """Take that the step `name` ran for so long and did this much."""
        self._seconds.labels(name).observe(seconds)
        self._ended.labels(name).set_to_current_time()
        self._count(counts)
        # Here, because the connection to the store belongs to the thread that runs the steps.
        if self._records is not None and time.monotonic() >= self._look_at:
            self._look(self._records)

    def level(self, name: str, value: int) -> None:
        """Take how much of something there is now."""
        if name not in self._gauges:
            self._gauges[name] = self._prometheus.Gauge(
                metric_name(name), f"{name} now", registry=self.registry
            )
        self._gauges[name].set(value)

    def line(self, level: str) -> None:
        """Take that a warning or an error was logged."""
        self._lines.labels(level).inc()

    def _count(self, counts: Counts) -> None:
        for name, count in counts.items():
            if name not in self._counters:
                counter = self._prometheus.Counter(
                    metric_name(name), f"{name} so far", registry=self.registry
                )
                self._counters[name] = counter
            self._counters[name].inc(count)

    def _look(self, records: Records) -> None:
        begun = time.monotonic()
        try:
            counts = records.counts()
        except (SunsiftError, OSError) as error:
            # The step that asks the store next will say so; here it must not end one that succeeded.
            log.debug("figures of the store: %s", error)
        else:
            self.level("Houses", counts.houses)
            self.level("UnsettledHouses", counts.unsettled)
            self.level("UndeliveredReports", counts.undelivered)
            self.level("QuarantinedMessages", counts.quarantined)
        took = time.monotonic() - begun
        self._look_at = begun + max(LOOK_SECONDS, took / SHARE_OF_TIME)


class _Counting(logging.Handler):
    """Counts lines that are worth an alarm."""

    def __init__(self, observer: PrometheusObserver) -> None:
        super().__init__(logging.WARNING)
        self._observer = observer

    def emit(self, record: logging.LogRecord) -> None:
        self._observer.line("error" if record.levelno >= logging.ERROR else "warning")


@contextmanager
def served(where: str) -> Iterator[PrometheusObserver]:
    """Serve what the observer is told while the block runs. where: HOST:PORT; any path of it will do.

    Errors: SettingsError if that is no address, or cannot be listened at.
    """
    host, port = host_and_port(where, "127.0.0.1:9464")
    observer = PrometheusObserver()
    with needs("metrics"):
        from prometheus_client import start_http_server
    try:
        server, thread = start_http_server(port, host, observer.registry)
    except OSError as error:
        raise SettingsError(
            f"metrics cannot be served at {where}: {error.strerror or error}; choose another address or port"
        ) from error
    counting = _Counting(observer)
    logging.getLogger("sunsift").addHandler(counting)
    try:
        yield observer
    finally:
        logging.getLogger("sunsift").removeHandler(counting)
        server.shutdown()
        thread.join()
        server.server_close()
