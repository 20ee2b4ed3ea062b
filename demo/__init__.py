"""The main job in one command: starts Kanta, seeds an event with photos and shows the people in them."""

import sys
from pathlib import Path

# The seed program runs from its own folder, so its modules import each other by their bare names.
sys.path.insert(0, str(Path(__file__).parent.parent / "seed"))
