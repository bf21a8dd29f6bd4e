"""Simulate fleets of 100 to 100,000,000 houses.

docs: write docs/scale.md and its picture. show: print the tables. --json: print all figures.
"""

import argparse
import json
import sys

from tools.scaling.figures import ROOT, placeholders, read_prices, read_times
from tools.scaling.mail import SEED
from tools.scaling.runs import run_all
from tools.scaling.tables import TABLES, filled

PAGE = ROOT / "docs/scale.md"
PICTURE = ROOT / "docs/pictures/scale.svg"


def main() -> None:
    """Simulate, then write or print what was found."""
    parser = argparse.ArgumentParser(prog="tools/scale.py", description=__doc__)
    parser.add_argument("what", choices=["docs", "show"], nargs="?", default="show")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON instead of tables")
    asked = parser.parse_args()
    times = read_times()
    print(f"seed {SEED}; {len(placeholders())} figures are placeholders", file=sys.stderr)  # noqa: T201
    found = run_all(times, read_prices())
    if asked.what == "docs":
        from tools.scaling.picture import draw

        PAGE.write_text(filled(PAGE.read_text("utf-8"), found, times), "utf-8")
        draw(found, PICTURE)
    if asked.json:
        json.dump(found.as_json(times), sys.stdout, indent=1)
    elif asked.what == "show":
        print("\n\n".join(made(found, times) for made in TABLES.values()))  # noqa: T201


if __name__ == "__main__":
    main()
