"""The same day of mail through the design of 2017: one call a message, one call a period.

Poll publishes a notification for each message that waits, SNS starts a persist for each, and persist starts a
predict for every period that its day completes, under a lock. Every minute a further function averages the
houses that have been quiet for 45 minutes, and sends what changed.
"""

from collections import Counter
from math import ceil, comb
from typing import Final

import numpy as np
from tools.scaling.figures import Times
from tools.scaling.mail import DAY, HISTORY, NEW, SEED, YEAR, Mail
from tools.scaling.ours import QUIET_MINUTES, REPORTS_A_JUDGEMENT
from tools.scaling.tally import MINUTES, STORE_MS, Tally

PERIOD_DAYS: Final = 30
READY_DAYS: Final = 25
READY_PERIODS_A_YEAR: Final = YEAR - READY_DAYS + 1
# Persist and predict share what an account is given at first.
AT_ONCE: Final = 1000
MINUTE_MS: Final = 55_000.0


def ready_share(arrived: float) -> float:
    """Return the share of periods with 25 days or more when a share of all days has arrived in any order."""
    days = range(READY_DAYS, PERIOD_DAYS + 1)
    return sum(comb(PERIOD_DAYS, k) * arrived**k * (1 - arrived) ** (PERIOD_DAYS - k) for k in days)


def simulate(mail: Mail, times: Times) -> Tally:
    """Return what the day takes of the design of 2017."""
    return _Flow(mail, times).run()


class _Flow:
    def __init__(self, mail: Mail, times: Times) -> None:
        self.mail, self.times, self.tally = mail, times, Tally()
        self._chance = np.random.default_rng([SEED, mail.houses])
        self._notified = self._taken = 0
        self._triggered = 0.0
        self._history = int((mail.kind == HISTORY).sum())
        self._history_stored = 0
        self._arrived = np.full(mail.simulated, -1, np.int32)
        self._quiet: Counter[int] = Counter()
        self._waiting = 0
        self._year_left = self._history > 0

    def run(self) -> Tally:
        for minute in range(MINUTES):
            if minute >= DAY and not self._anything_left():
                break
            self.poll(minute)
            left_ms = self.persist(minute)
            self.predict(minute, left_ms)
            self.average(minute)
        counts, weight = self.tally.counts, self.mail.weight
        counts["left in the inbox"] = (len(self.mail.house) - self._taken) * weight
        counts["unsettled"] = self._waiting + round(self._triggered)
        return self.tally

    def _anything_left(self) -> bool:
        mail_left = self._taken < len(self.mail.house)
        return mail_left or self._triggered >= 1 or self._waiting > 0 or any(self._quiet.values())

    def poll(self, minute: int) -> None:
        """Publish one notification a message that waits, one call each, one after the other."""
        t, weight = self.times, self.mail.weight
        here = int(self.mail.ends[min(minute, DAY - 1)])
        affordable = int((MINUTE_MS - t["poll_ms"]) / t["sns_publish_ms"])
        notices = min((here - self._taken) * weight, affordable)
        if minute < DAY or notices:
            self.tally.call("poll", minute, 1, t["poll_ms"] + notices * t["sns_publish_ms"])
            self.tally.ask("azure", minute, 1)
        self.tally.ask("sns", minute, notices)
        self._notified += notices

    def persist(self, minute: int) -> float:
        """Store one message a call; return how much time of other calls is left in this minute [ms]."""
        t, weight = self.times, self.mail.weight
        here = int(self.mail.ends[min(minute, DAY - 1)])
        calls = min(self._notified, int(AT_ONCE * 60_000 / t["persist_2017_ms"]))
        packets = min(here - self._taken, calls // weight)
        part = slice(self._taken, self._taken + packets)
        house, kind = self.mail.house[part], self.mail.kind[part]
        self._taken += packets
        self._notified -= calls
        self.tally.call("persist", minute, calls, calls * t["persist_2017_ms"])
        self.tally.ask("azure", minute, calls + packets * weight)
        self.tally.ask("store", minute, 3 * packets * weight)
        self.tally.ask(STORE_MS, minute, packets * weight * t["server_persist_2017_ms"])
        completed = weight * float((kind == NEW).sum()) + self._completed_history(kind)
        # Its event twice, the sorted set once, and a lock for every period.
        self.tally.ask("redis", minute, 3 * calls + completed)
        self.tally.ask("sns", minute, completed)
        self._triggered += completed
        counts, fresh = self.tally.counts, int((kind != 1).sum()) * weight
        counts["taken"] += packets * weight
        counts["stored"] += fresh
        counts["duplicates"] += packets * weight - fresh
        self.tally.stored[minute] = fresh
        self.tally.mail_lag = max(self.tally.mail_lag, self.mail.age(self._taken, minute))
        self._touch(minute, house)
        return AT_ONCE * 60_000 - calls * t["persist_2017_ms"]

    def _completed_history(self, kind: np.ndarray[tuple[int], np.dtype[np.int8]]) -> float:
        """Return how many periods the days of a year that were stored now have completed."""
        if not self._history:
            return 0.0
        before = ready_share(self._history_stored / self._history)
        self._history_stored += int((kind == HISTORY).sum())
        after = ready_share(self._history_stored / self._history)
        # The last of a year's periods is that of today's packet, which is counted there.
        houses = self._history / (YEAR - 1) * self.mail.weight
        return (after - before) * houses * (READY_PERIODS_A_YEAR - 1)

    def _touch(self, minute: int, house: np.ndarray[tuple[int], np.dtype[np.int32]]) -> None:
        touched = np.unique(house)
        for last, n in zip(*np.unique(self._arrived[touched], return_counts=True), strict=True):
            if int(last) in self._quiet:
                self._quiet[int(last)] -= int(n)
        self._arrived[touched] = minute
        self._quiet[minute] += len(touched)

    def predict(self, minute: int, left_ms: float) -> None:
        """Score one period a call."""
        t = self.times
        calls = min(self._triggered, left_ms / t["predict_2017_ms"])
        self.tally.call("predict", minute, calls, calls * t["predict_2017_ms"])
        self.tally.ask("store", minute, 2 * calls)
        self.tally.ask(STORE_MS, minute, calls * t["server_predict_2017_ms"])
        # Its event twice, and the lock is deleted.
        self.tally.ask("redis", minute, 3 * calls)
        self.tally.judged[minute] = calls
        self.tally.counts["periods scored"] += round(calls)
        self._triggered -= calls

    def average(self, minute: int) -> None:
        """Average the houses that are quiet, one call a minute, and send the changes."""
        t, weight = self.times, self.mail.weight
        self._waiting += self._quiet.pop(minute - QUIET_MINUTES, 0) * weight
        houses = min(self._waiting, int(MINUTE_MS / t["average_2017_ms"]))
        reports = int(self._chance.binomial(houses, REPORTS_A_JUDGEMENT))
        if houses == self._waiting and self._history_stored == self._history and self._year_left:
            reports += round(self._history / (YEAR - 1) * weight)
            self._year_left = False
        if minute < DAY or houses:
            busy = t["settle_nothing_ms"] + houses * t["average_2017_ms"] + reports * t["deliver_report_ms"]
            self.tally.call("average", minute, 1, busy)
            self.tally.ask("store", minute, 2 * houses)
            self.tally.ask("redis", minute, 1 + houses)
        self.tally.counts["houses judged"] += houses
        self.tally.counts["reports"] += reports
        self._waiting -= houses
        if self._waiting:
            self.tally.lag = max(self.tally.lag, ceil(self._waiting * t["average_2017_ms"] / MINUTE_MS))
