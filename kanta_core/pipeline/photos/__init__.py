"""A photo from its arrival to its end: uploaded, encoded, tried again, removed."""
