"""Where a test's child processes import from."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent


def python_path() -> str:
    """PYTHONPATH for a child that runs elsewhere: the checkout, then what measures this process."""
    return os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))
