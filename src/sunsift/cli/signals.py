"""Being told to stop, by Ctrl-C or by whoever manages services."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


def call_on_stop(stop: Callable[[signal.Signals], None]) -> None:
    """Call `stop` at the first SIGTERM or SIGINT; a second one ends the process at once.

    In a thread of its own: a handler runs in the middle of anything, even of a wait for the very lock that
    stopping takes.
    """

    def told(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop, args=(signal.Signals(number),)).start()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
