"""An event's people: reclustered, corrected, reported on, searched."""
