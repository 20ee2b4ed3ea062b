"""What ends the work early."""


class Refusal(Exception):
    """It can't go on: one line for the person who asked for it, with the cure."""
