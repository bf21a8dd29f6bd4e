"""A stopwatch before a port: how long each of its methods takes."""

from collections import defaultdict
from typing import Any

from tests.benchmarks.stopwatch import Figures, Stopwatch


class Watches:
    """A stopwatch for each method that was called."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, Stopwatch] = defaultdict(Stopwatch)

    def before(self, name: str, port: Any) -> Any:
        """Return the port with a stopwatch before it. Its methods must not call each other through it."""
        return _Watched(name, port, self._watches)

    def clear(self) -> None:
        """Forget what was measured."""
        self._watches.clear()

    def figures(self) -> Figures:
        """Return `PORT.METHOD` and `PORT.METHOD_cpu` of this process [s], in the order of the first calls."""
        return {
            key: value
            for name, watch in self._watches.items()
            for key, value in ((name, watch.seconds), (f"{name}_cpu", watch.cpu_seconds))
        }


class _Watched:
    def __init__(self, name: str, port: Any, watches: defaultdict[str, Stopwatch]) -> None:
        self._name = name
        self._port = port
        self._watches = watches

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def timed(*arguments: Any, **named: Any) -> Any:
            with self._watches[f"{self._name}.{name}"]:
                return found(*arguments, **named)

        return timed
