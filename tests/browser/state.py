"""The state that the pages show in a browser: a small fleet with faults and troubles, the same each time."""

import gzip
import json
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from sunsift.lab.simulate import simulate_fleet
from tests.support.process import SunsiftHere

HOUSES = 36
DAYS = 100
SEED = 3
KEPT_BACK = 1
HOSTILE = "<img src=x onerror=alert(1)>"


@dataclass(frozen=True, slots=True)
class State:
    """A data folder. later: packets of every house's last day, which did not arrive yet."""

    data: Path
    later: Path

    @property
    def sunsift(self) -> SunsiftHere:
        return SunsiftHere(self.data)


def make_state(folder: Path, houses: int = HOUSES, days: int = DAYS) -> State:
    """Simulate a fleet, judge it and send its reports; leave some in quarantine and one day to come."""
    fleet = simulate_fleet(folder / "fleet.jsonl.gz", houses, days, seed=SEED)
    packets = [json.loads(line) for line in gzip.decompress(fleet.packets.read_bytes()).splitlines()]
    last = max(packet["date"] for packet in packets)
    state = State(folder / "data", folder / "later.jsonl")
    state.later.write_text("".join(json.dumps(p) + "\n" for p in packets if p["date"] == last))
    now = folder / "now.jsonl"
    now.write_text("".join(json.dumps(p) + "\n" for p in packets if p["date"] < last) + _troubles(packets[0]))
    listed = fleet.houses_csv.read_text().splitlines(keepends=True)
    # A house that never sent anything, and so stays unknown.
    (folder / "houses.csv").write_text("".join(listed) + listed[1].replace("6102000001", "6102999999"))
    state.sunsift.do("houses", "add", folder / "houses.csv")
    with chdir(folder):  # pages show where messages came from, and pictures of them no path of this machine
        state.sunsift.do("ingest", now.name)
    state.sunsift.do("settle", "--quiet-minutes", "0")
    state.sunsift.do("deliver", "--to", folder / "reports.jsonl")
    return state


def _troubles(packet: dict[str, object]) -> str:
    """Return lines that nobody can use: no JSON, an unknown house, markup for a name, too much energy."""
    unknown = packet | {"house_id": "6102888888", "id": "stranger"}
    marked = packet | {"house_id": HOSTILE, "id": HOSTILE}
    impossible = packet | {"export_kwh": [900.0] * len(packet["export_kwh"]), "id": "too much"}  # type: ignore[arg-type]
    return "this is no JSON\n" + "".join(json.dumps(line) + "\n" for line in (unknown, marked, impossible))
