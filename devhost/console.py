"""What the dev host and the app say: one line each, on standard error, readable on a terminal and in a file."""

import logging
import sys
from datetime import datetime

_OURS = "devhost."
_COLOURS = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "31;1"}
# Control characters in names and paths could fake lines or drive the terminal.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))}
_ESCAPES_NAMES = _ESCAPES | {0x09: "\\t", 0x0A: "\\n"}


class _Lines(logging.Formatter):
    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        message = record.getMessage()
        if record.name.startswith(_OURS):
            source, text = record.name.removeprefix(_OURS), message.translate(_ESCAPES_NAMES)
        else:
            source, text = "app", f"{record.levelname} {record.name}: {message.translate(_ESCAPES)}"
        line = f"{time} {source:<6}{text}"
        if self._colours and (colour := _COLOURS.get(record.levelno)):
            line = f"\x1b[{colour}m{line}\x1b[0m"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info).translate(_ESCAPES)
        return line


def set_up() -> None:
    """Sends this process's log records to standard error; what libraries chat about at INFO is left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(colours=sys.stderr.isatty()))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("azure", "asyncio", "uvicorn", "httpx", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # A terminal that went away is no reason to fall over.
    logging.raiseExceptions = False
    logging.captureWarnings(True)


def source(name: str) -> logging.Logger:
    """The logger of one part of the dev host: host, blob, queue, timer, http."""
    return logging.getLogger(_OURS + name)


def duration(seconds: float) -> str:
    """`seconds` as people read them: 72 ms, 3.4 s, 2 min 5 s."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
