"""Tests of the command line use the stage of the API's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))
