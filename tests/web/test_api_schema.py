"""The API against its own description, by Schemathesis: its examples, edges, random and stateful calls."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sunsift.web.limits import Limits
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.web import running, settings_for

CONFIG = Path(__file__).parent / "schema" / "schemathesis.toml"
EXAMPLES = 3
LONGEST_SECONDS = 300


def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    for part in ("schemathesis.toml", "hooks.py"):
        shutil.copy(CONFIG.with_name(part), tmp_path)
    with running(settings_for(tmp_path / "state"), limits=Limits(burst=10**9)) as site:
        site.parts.store.register([a_house("6102000001")])
        site.parts.store.save(days_of("6102000001", FIRST_DAY, 3), [])
        line = [str(program), "--config-file", "schemathesis.toml", "run", f"{site.url}/v1/openapi.json"]
        line += ["--max-examples", str(EXAMPLES), "--no-color"]
        line += ["--header", f"Authorization: Bearer {site.token()}"]
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        ran = subprocess.run(
            line,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    told = ran.stdout[-20_000:] + ran.stderr[-2_000:]
    assert ran.returncode == 0, told
    found = re.search(r"Selected: (\d+)/(\d+)", ran.stdout)
    assert found, told
    assert found[1] == found[2]
    assert int(found[1]) >= 20
