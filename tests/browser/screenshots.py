"""Takes the pictures of the pages that the documentation shows: `make screenshots`.

The fleet is the same each time; what depends on today (the hour of the chart of throughput) is not.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from sunsift.parcels import Activity
from tests.browser.state import HOSTILE, make_state
from tests.support.browser import HOW_TO_GET_ONE, PHONE, Watched, find_chromium, launch, watching
from tests.support.web import Site, running, settings_for

HOUSES = 120
DAYS = 365
HOUSE = "6102000004"
DESK = {"viewport": {"width": 1360, "height": 1000}}
PAGES = {"fleet": "/", "house": f"/houses/{HOUSE}", "pipeline": "/pipeline"}
MOST_COLOURS = 128
LONGEST_PIXELS = 1500


def main(folder: Path) -> None:
    """Write page-NAME-{light,dark}.png and page-fleet-phone.png."""
    program = find_chromium()
    if program is None:
        sys.exit(HOW_TO_GET_ONE)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        state = make_state(Path(place), HOUSES, DAYS)
        browser = launch(playwright, program)
        settings = settings_for(state.data, tariff_per_kwh=0.32, currency="AUD")
        with running(settings, open_to_all=True) as site:
            _busy_hour(site)
            site.parts.store.discard([m.id for m in site.parts.records.quarantine() if m.house_id == HOSTILE])
            for scheme in ("light", "dark"):
                for name, path in PAGES.items():
                    with watching(browser, site.url, color_scheme=scheme, **DESK) as watched:
                        _take(watched, path, folder / f"page-{name}-{scheme}.png")
            with watching(browser, site.url, color_scheme="light", **PHONE) as watched:
                _take(watched, "/", folder / "page-fleet-phone.png", whole=False)
        browser.close()


def _busy_hour(site: Site) -> None:
    """Note what steps did, as a service does that this state was not made by."""
    rng = random.Random(1)
    minute = int(time.time()) // 60
    rows = []
    for ago in range(58):
        burst = max(0.0, rng.gauss(400, 250)) + (4000 if 20 <= ago < 26 else 0)
        rows += [
            Activity(minute - ago, "poll", 30, 90, int(burst // 32), 0),
            Activity(minute - ago, "ingest", 4, int(burst / 8), int(burst), 0),
            Activity(minute - ago, "settle", 1, 12, rng.randrange(6), 0),
            Activity(minute - ago, "deliver", 1, 40, max(0, rng.randrange(-3, 4)), 0),
        ]
        if ago % 4 == 1:
            rows.append(Activity(minute - ago, "predict", 2, 180, rng.randrange(20), 0))
    rows.append(Activity(minute - 40, "sweep", 1, 8, 0, 0))
    site.parts.store.note_activity(rows)


def _take(watched: Watched, path: str, file: Path, *, whole: bool = True) -> None:
    watched.go(path)
    watched.page.evaluate("() => document.fonts.ready")
    watched.page.screenshot(path=file, full_page=whole, animations="disabled")
    watched.is_fine()
    with Image.open(file) as taken:
        picture = taken.convert("RGB")
    if picture.height > LONGEST_PIXELS:
        picture = picture.crop((0, 0, picture.width, LONGEST_PIXELS))
    # Few colours do for text and charts, and take a fraction of the bytes.
    picture.quantize(MOST_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
