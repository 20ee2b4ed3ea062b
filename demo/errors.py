"""What ends a demo early."""


class DemoError(Exception):
    """The demo cannot go on; the message is one for the person who started it."""
