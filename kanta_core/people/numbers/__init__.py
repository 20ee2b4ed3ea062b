"""Numbers: which person a group is, from one run to the next, and what organisers said of it."""
