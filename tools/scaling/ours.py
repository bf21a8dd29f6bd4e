"""A day of mail through the flow of today, one minute after the other.

What a step does and asks for is taken from src/sunsift/steps, what starts it from infra/serverless.yml.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from tools.scaling.figures import Times
from tools.scaling.mail import DAY, DUPLICATE, SEED, YEAR, Ints, Mail
from tools.scaling.tally import MINUTES, STORE_MS, Pollers, Tally

QUIET_MINUTES: Final = 45
LEASE_MINUTES: Final = 2
INBOX_BATCH: Final = 32
WAKE_UPS_A_CALL: Final = 5
HOUSES_A_CALL: Final = 10
SETTLE_BATCH: Final = 1000
SNS_BATCH: Final = 10
SNS_THREADS: Final = 8
SHARDS: Final = 16
# src/sunsift/aws/backlog.py: so many houses may wait for each call of predict that may run at once.
HOUSES_A_WORKER: Final = 3_000
HOUSES_A_REGION: Final = 5_000
# Houses stand in so many places; a larger fleet stands closer.
MOST_REGIONS: Final = 2_000
# Settle and poll are started every minute, one call at a time: whatever takes longer is left for the next.
MINUTE_MS: Final = 55_000.0
REPORTS_A_JUDGEMENT: Final = 1 / 500
# Three queues with five pollers each that wait 20 seconds for a message.
EMPTY_RECEIVES_A_MINUTE: Final = 3 * 5 * 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls of a function may run at once.

    looks: whether settle looks how many houses wait for predict, as it does since that was simulated.
    """

    ingest: int = 5
    predict: int = 10
    deliver: int = 2
    looks: bool = True


SHIPPED: Final = Limits()
# Ingest keeps up, so that predict is what does not.
FAST_INGEST: Final = Limits(ingest=200)
BLIND: Final = Limits(ingest=200, looks=False)
RAISED: Final = Limits(ingest=200, predict=700, deliver=50)
"""Nearly all of the 1000 calls at once that an account is given at first."""


class Flow:
    """The state between two minutes."""

    def __init__(self, mail: Mail, times: Times, limits: Limits = SHIPPED) -> None:
        """Start with an empty store and all of the day's mail still to come."""
        self.mail, self.times, self.limits = mail, times, limits
        self.tally = Tally()
        self._chance = np.random.default_rng([SEED, mail.houses])
        self._taken = 0
        self._wake_ups = 0
        self._ingest, self._predict = Pollers(limits.ingest), Pollers(limits.predict)
        self._ingested_at_once = self._predicted_at_once = 0.0
        n = mail.simulated
        self._arrived = np.full(n, -1, np.int32)
        self._unsettled = np.zeros(n, np.bool_)
        self._new_days = np.zeros(n, np.int32)
        self._touched: dict[int, Ints] = {}
        self._claims: dict[int, tuple[Ints, Ints]] = {}
        self._quiet: deque[Ints] = deque()
        self._asked: deque[Ints] = deque()
        self._reports = 0
        self._open_regions = min(MOST_REGIONS, ceil(mail.houses / HOUSES_A_REGION))

    def run(self) -> Tally:
        """Go through the day and as far into the next as work is left."""
        for minute in range(MINUTES):
            scheduled = minute < DAY
            if not scheduled and not self._anything_left():
                break
            self.poll(minute)
            self.ingest(minute)
            self.settle(minute)
            hints = self.predict(minute)
            self.deliver(minute, hints)
            if scheduled:
                self.tally.ask("sqs", minute, EMPTY_RECEIVES_A_MINUTE)
                if minute % 60 == 0:
                    self.tally.call("sweep", minute, 1, 50)
                    self.tally.ask("store", minute, 3)
        self.tally.counts["left in the inbox"] = (len(self.mail.house) - self._taken) * self.mail.weight
        self.tally.counts["unsettled"] = int(self._unsettled.sum()) * self.mail.weight
        return self.tally

    def _anything_left(self) -> bool:
        return self._taken < len(self.mail.house) or bool(self._unsettled.any()) or self._reports > 0

    def _depth(self, minute: int) -> int:
        return (int(self.mail.ends[min(minute, DAY - 1)]) - self._taken) * self.mail.weight

    def poll(self, minute: int) -> None:
        """Publish a wake-up for each batch that waits, as many as a minute is long enough for."""
        t = self.times
        wake_ups = ceil(self._depth(minute) / INBOX_BATCH)
        affordable = int((MINUTE_MS - t["poll_ms"]) * SNS_THREADS / t["sns_publish_ms"]) * SNS_BATCH
        wake_ups = min(wake_ups, affordable)
        published = ceil(wake_ups / SNS_BATCH)
        busy = t["poll_ms"] + ceil(published / SNS_THREADS) * t["sns_publish_ms"]
        if minute < DAY or wake_ups:
            self.tally.call("poll", minute, 1, busy)
            self.tally.ask("azure", minute, 1)
        self._publish(minute, wake_ups, published)
        self._wake_ups += wake_ups

    def _publish(self, minute: int, messages: int, published: int) -> None:
        """Count messages that go through SNS into SQS: calls to SNS, and what SNS sends on."""
        self.tally.ask("sns", minute, published)
        self.tally.ask("sqs", minute, messages)

    def _received(self, minute: int, calls: int) -> None:
        """Count what it takes to get messages to calls: one receive and one delete each."""
        self.tally.ask("sqs", minute, 2 * calls)

    def ingest(self, minute: int) -> None:
        """Take messages, 32 a wake-up; start the quiet clocks of their houses again."""
        t, weight = self.times, self.mail.weight
        depth = self._depth(minute)
        at_once = self._ingest.next(self._ingested_at_once, waiting=self._wake_ups > 0)
        affordable = int(at_once * 60_000 / t["ingest_32_ms"])
        wake_ups = min(self._wake_ups, affordable)
        packets = min(depth, INBOX_BATCH * wake_ups) // weight
        messages = packets * weight
        full = ceil(messages / INBOX_BATCH)
        busy = full * t["ingest_32_ms"] - (full * INBOX_BATCH - messages) * t["ingest_per_packet_ms"]
        busy += (wake_ups - full) * t["ingest_nothing_ms"]
        calls = ceil(wake_ups / WAKE_UPS_A_CALL)
        self.tally.call("ingest", minute, calls, busy)
        self._received(minute, calls)
        # Each looks before it takes.
        self.tally.ask("azure", minute, wake_ups + full + messages)
        self.tally.ask("store", minute, 3 * full)
        self.tally.ask(STORE_MS, minute, full * t["server_ingest_32_ms"])
        self.tally.ask("redis", minute, 2 * wake_ups + full * shards(messages / full if full else 0))
        self.tally.counts["wake-ups"] += wake_ups
        self.tally.counts["wake-ups that found nothing"] += wake_ups - full
        self._wake_ups -= wake_ups
        self._ingested_at_once = busy / 60_000
        self._store(minute, packets)

    def _store(self, minute: int, packets: int) -> None:
        """Keep the next packets of the mail."""
        part = slice(self._taken, self._taken + packets)
        house, fresh = self.mail.house[part], self.mail.kind[part] != DUPLICATE
        self._taken += packets
        weight, counts = self.mail.weight, self.tally.counts
        counts["taken"] += packets * weight
        counts["stored"] += int(fresh.sum()) * weight
        counts["duplicates"] += int((~fresh).sum()) * weight
        self.tally.mail_lag = max(self.tally.mail_lag, self.mail.age(self._taken, minute))
        self.tally.stored[minute] = int(fresh.sum()) * weight
        np.add.at(self._new_days, house[fresh], 1)
        self._unsettled[house[fresh]] = True
        # A duplicate starts the clock of a house again only while the house waits to be settled.
        waiting = house[self._unsettled[house]]
        self._arrived[waiting] = minute
        self._touched[minute] = np.unique(waiting)

    def settle(self, minute: int) -> None:
        """Claim the houses that are quiet, those too whose claim has ended, and ask for their predict."""
        t, weight = self.times, self.mail.weight
        due = self._touched.pop(minute - QUIET_MINUTES, None)
        if due is not None:
            # Touched again since then, or settled in between: its time comes with the later touch.
            self._quiet.append(due[self._unsettled[due] & (self._arrived[due] == minute - QUIET_MINUTES)])
        ended = self._claims.pop(minute, None)
        if ended is not None:
            houses, arrived = ended
            again = houses[self._unsettled[houses] & (self._arrived[houses] == arrived)]
            self.tally.counts["claims that ended"] += len(again) * weight
            self._quiet.append(again)
        # Every region has its first packet in the day's first minutes.
        affordable = int(MINUTE_MS / t["close_region_day_ms"])
        regions = min(self._open_regions, affordable) if minute >= QUIET_MINUTES else 0
        self._open_regions -= regions
        spent = t["settle_nothing_ms"] + regions * t["close_region_day_ms"]
        batches = max(0, int((MINUTE_MS - spent) / t["settle_ms_per_1000"]))
        if self.limits.looks:
            waiting = sum(map(len, self._asked)) * weight
            room = HOUSES_A_WORKER * self.limits.predict - waiting
            batches = min(batches, max(0, room) // SETTLE_BATCH)
            self.tally.ask("sqs", minute, 1)
        houses = _take(self._quiet, batches * SETTLE_BATCH // weight)
        # Who was touched while it waited is not quiet any more, and comes later.
        houses = houses[self._unsettled[houses] & (self._arrived[houses] + QUIET_MINUTES <= minute)]
        asked = len(houses) * weight
        used = ceil(asked / SETTLE_BATCH)
        if minute < DAY or asked:
            self.tally.call("settle", minute, 1, spent + asked / SETTLE_BATCH * t["settle_ms_per_1000"])
            self.tally.ask("store", minute, (used + 1) * 2 + 3 * regions)
            self.tally.ask("redis", minute, SHARDS * (used + 1))
        self._publish(minute, asked, ceil(asked / SNS_BATCH))
        if asked:
            self._claims[minute + LEASE_MINUTES] = (houses, self._arrived[houses].copy())
            self._asked.append(houses)
        self.tally.counts["houses asked for"] += asked

    def predict(self, minute: int) -> int:
        """Judge the houses that were asked for; return how many reports were written."""
        t, weight = self.times, self.mail.weight
        waiting = bool(self._asked)
        at_once = self._predict.next(self._predicted_at_once, waiting=waiting)
        left_ms = at_once * 60_000 / weight
        busy = judged = looked = reports = 0.0
        while self._asked and left_ms > 0:
            houses = self._asked.popleft()
            quiet = self._unsettled[houses] & (self._arrived[houses] + QUIET_MINUTES <= minute)
            a_day, a_year = t["predict_house_day_ms"], t["predict_house_year_ms"]
            more = (a_year - a_day) * np.minimum(self._new_days[houses] - 1, YEAR - 1) / (YEAR - 1)
            cost = np.where(quiet, a_day + more, t["predict_nothing_ms"])
            spent = np.cumsum(cost)
            fit = int(np.searchsorted(spent, left_ms, side="right"))
            if fit < len(houses):
                self._asked.appendleft(houses[fit:])
            if not fit:
                break
            left_ms -= float(spent[fit - 1])
            busy += float(spent[fit - 1])
            done = houses[:fit][quiet[:fit]]
            reports += self._judge(minute, done)
            judged, looked = judged + len(done), looked + fit
        calls = ceil(looked * weight / HOUSES_A_CALL)
        self.tally.call("predict", minute, calls, busy * weight)
        self._received(minute, calls)
        self.tally.ask("store", minute, calls * (3 if judged else 2))
        self.tally.ask(STORE_MS, minute, weight * judged * t["server_predict_house_ms"])
        self.tally.ask("redis", minute, calls * 3 * shards(HOUSES_A_CALL))
        self.tally.judged[minute] = judged * weight
        self.tally.counts["houses judged"] += int(judged * weight)
        self.tally.counts["predicts for nothing"] += int((looked - judged) * weight)
        self._predicted_at_once = busy * weight / 60_000
        self._publish(minute, int(reports * weight), int(reports * weight))
        return int(reports * weight)

    def _judge(self, minute: int, houses: Ints) -> int:
        """Settle houses; return how many of them have a change to report."""
        if len(houses):
            waited = minute - QUIET_MINUTES - int(self._arrived[houses].min())
            self.tally.lag = max(self.tally.lag, waited)
        # A house with a year behind it gets its first status; of the others one in 500 changes.
        first = self._new_days[houses] > YEAR // 2
        changed = first | (self._chance.random(len(houses)) < REPORTS_A_JUDGEMENT)
        self._unsettled[houses] = False
        self._new_days[houses] = 0
        return int(changed.sum())

    def deliver(self, minute: int, hints: int) -> None:
        """Send the reports that are due."""
        t = self.times
        self._reports += hints
        # A call that finds nothing is short; it is not held up by the limit.
        sent = min(self._reports, int(self.limits.deliver * 60_000 / t["deliver_report_ms"]))
        calls = hints + (1 if minute < DAY or sent else 0)
        self.tally.call(
            "deliver", minute, calls, calls * t["deliver_nothing_ms"] + sent * t["deliver_report_ms"]
        )
        self._received(minute, hints)
        self.tally.ask("store", minute, 2 * calls + min(sent, calls))
        self.tally.counts["reports"] += sent
        self._reports -= sent


def shards(houses: float) -> float:
    """Return to how many shards of Redis a command for some houses goes."""
    return SHARDS * float(1 - (1 - 1 / SHARDS) ** houses)


def _take(queue: deque[Ints], most: int) -> Ints:
    """Take up to `most` houses from the front of a queue of groups."""
    taken: list[Ints] = []
    while queue and most > 0:
        group = queue.popleft()
        if len(group) > most:
            queue.appendleft(group[most:])
            group = group[:most]
        taken.append(group)
        most -= len(group)
    return np.concatenate(taken) if taken else np.zeros(0, np.int32)


def simulate(mail: Mail, times: Times, limits: Limits = SHIPPED) -> Tally:
    """Return what the day takes of the flow of today."""
    return Flow(mail, times, limits).run()
