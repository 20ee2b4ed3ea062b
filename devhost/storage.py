"""How the host's own storage clients behave: it has loops of its own that try again."""

from typing import Any

# The SDK's retries would keep a thread busy long after the host was told to stop.
IMPATIENT: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 30}
