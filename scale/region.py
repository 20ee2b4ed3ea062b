"""A region of a cloud: what it adds to the work itself. Nobody measured this here; every figure is an assumption.

So is that a vCPU does in a second what the core does that was measured on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """Seconds. Waits hold a place, not a processor."""

    # From the blob's last byte to its message in the host's queue, by Event Grid: an exponential's mean.
    delivery: float = 1.0
    # From the decision to the host listening. The image is pulled, the host starts, the app is imported.
    cold_start: float = 30.0
    # One request to storage beside a megabyte of it.
    storage: float = 0.015
    megabyte: float = 0.010
    # One statement's way to the database and back, and how many of them a photo needs before and after encoding.
    statement: float = 0.0015
    claim_statements: int = 10
    finish_statements: int = 20
    # Pictures are written so many at a time.
    writers: int = 8

    def reading(self, megabytes: float) -> float:
        """A photo is read and claimed."""
        return self.storage + megabytes * self.megabyte + self.claim_statements * self.statement

    def keeping(self, faces: float) -> float:
        """Its thumbnail and faces are written, and its rows."""
        return -(-(faces + 1) // self.writers) * self.storage + self.finish_statements * self.statement


HERE = Region(delivery=0, cold_start=0, storage=0, megabyte=0, statement=0)
