"""Search: whose a face is that comes new, or that somebody shows."""
