"""Turn orderly packets into what really arrives: shuffled, in bursts, twice, corrected, sometimes broken."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.lab.broken import KINDS, break_packet
from sunsift.lab.fleet_files import stem_of

DUPLICATES: Final = 0.03
REVISIONS: Final = 0.03
# Most bursts are small, some are a whole night's run.
_BURST_MEDIAN: Final = 40.0
_BURST_SPREAD: Final = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCounts:
    """What is in the mail.

    packets: distinct right packets, each of which wins over its earlier versions; duplicates: messages that
    came before, byte for byte; revisions: earlier, wrong versions of right packets; unusable: broken
    messages by kind.
    """

    packets: int
    duplicates: int
    revisions: int
    unusable: dict[str, int]

    @property
    def messages(self) -> int:
        """Return the number of messages of all sorts."""
        return self.packets + self.duplicates + self.revisions + sum(self.unusable.values())


@dataclass(frozen=True, slots=True)
class Mail:
    """Messages in the order of their arrival, burst by burst."""

    bursts: list[list[bytes]]
    counts: MailCounts

    def __iter__(self) -> Iterator[bytes]:
        for burst in self.bursts:
            yield from burst


def read_packet_lines(path: Path) -> Iterator[bytes]:
    """Yield the packets of a .jsonl or .jsonl.gz file as JSON. Errors: SunsiftError if it cannot be read."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                if stripped := line.strip():
                    yield stripped
    except (OSError, EOFError) as error:
        raise SunsiftError(f"cannot read the packets in {path}: {error}") from error


def make_mail(
    packets: Iterable[bytes],
    *,
    seed: int,
    duplicates: float = DUPLICATES,
    revisions: float = REVISIONS,
    unusable: int = len(KINDS),
) -> Mail:
    """Shuffle packets as a year's backlog arrives, all houses and days mixed. All of it is held in memory.

    packets: schema 1 as JSON, one a house and day. duplicates: share that comes twice. revisions: share of
    which an earlier, wrong version comes too, before or after the right one. unusable: number of broken
    messages, of each of `broken.KINDS` in turn. Equal arguments give equal mail.
    """
    right = list(packets)
    rng = np.random.default_rng([seed, 3])
    revised = rng.choice(len(right), round(revisions * len(right)), replace=False)
    wrong = [earlier_version(right[index], rng) for index in revised]
    broken: dict[str, int] = {}
    messages = right + wrong
    twice = rng.choice(len(messages), round(duplicates * len(right)), replace=False)
    messages += [messages[index] for index in twice]
    for number in range(unusable if right else 0):
        kind = KINDS[number % len(KINDS)]
        broken[kind] = broken.get(kind, 0) + 1
        messages.append(break_packet(right[int(rng.integers(len(right)))], kind, rng))
    shuffled = [messages[index] for index in rng.permutation(len(messages))]
    counts = MailCounts(packets=len(right), duplicates=len(twice), revisions=len(wrong), unusable=broken)
    return Mail(_bursts(shuffled, rng), counts)


def write_mail(
    packets: Path,
    output: Path,
    *,
    seed: int,
    duplicates: float = DUPLICATES,
    revisions: float = REVISIONS,
    unusable: int = len(KINDS),
) -> MailCounts:
    """Write the mail of a packet file as lines, in the order of arrival; a broken message is one line too.

    output: NAME.jsonl or NAME.jsonl.gz; further arguments and errors as in `make_mail`.
    """
    stem_of(output)
    mail = make_mail(
        read_packet_lines(packets), seed=seed, duplicates=duplicates, revisions=revisions, unusable=unusable
    )
    body = b"".join(message + b"\n" for message in mail)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(gzip.compress(body, 3, mtime=0) if output.suffix == ".gz" else body)
    return mail.counts


def earlier_version(packet: bytes, rng: np.random.Generator) -> bytes:
    """Return a wrong packet that the given one corrected some hours later.

    It is an estimate of the day, has gaps where the meter could not be reached, or has some wrong values.
    """
    fields: dict[str, Any] = msgspec.json.decode(packet)
    corrected_at = datetime.fromisoformat(fields["updated_at"])
    earlier = corrected_at - timedelta(minutes=int(rng.integers(20, 9 * 60)))
    fields["updated_at"] = earlier.isoformat().replace("+00:00", "Z")
    fields["id"] = f"{fields['id']}/earlier"
    kind = rng.choice(("estimate", "gaps", "values"))
    if kind == "estimate":
        fields["quality"] = "E"
    elif kind == "values":
        fields["quality"] = "S"
    for name in ("import_kwh", "export_kwh"):
        fields[name] = _wrong(fields[name], str(kind), rng)
    return msgspec.json.encode(fields)


def _wrong(values: list[float | None], kind: str, rng: np.random.Generator) -> list[float | None]:
    if kind == "estimate":
        known = [value for value in values if value is not None]
        mean = round(sum(known) / len(known), 3) if known else 0.1
        return [mean] * len(values)
    changed = list(values)
    first = int(rng.integers(len(values)))
    for index in range(first, min(first + len(values) // 6 + 1, len(values))):
        value = values[index]
        changed[index] = None if kind == "gaps" or value is None else round(value * rng.uniform(0.1, 0.9), 3)
    return changed


def _bursts(messages: list[bytes], rng: np.random.Generator) -> list[list[bytes]]:
    bursts = []
    first = 0
    while first < len(messages):
        size = 1 + int(_BURST_MEDIAN * rng.lognormal(0.0, _BURST_SPREAD))
        bursts.append(messages[first : first + size])
        first += size
    return bursts
