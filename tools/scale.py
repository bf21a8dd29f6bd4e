"""Simulate a day of mail for fleets of 100 to 100,000,000 houses: `python tools/scale.py docs`.

A door to the package beside it; `python -m tools.scaling docs` does the same.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    runpy.run_module("tools.scaling", run_name="__main__")
