"""Event codes: what organisers type, drop folders are named after and links carry."""

from __future__ import annotations

import re

# Checked before folding, so that letters that only fold into a-z (the Kelvin sign) are no part of a code.
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{1,61})[A-Za-z0-9]", re.ASCII)

RULE = (
    "An event code has 3 to 63 letters a-z, digits, hyphens or underscores, "
    "and starts and ends with a letter or digit."
)


def fold_code(text: str) -> str | None:
    """The code `text` stands for, in lower case; None when it can't be one."""
    return text.lower() if _CODE.fullmatch(text) else None
