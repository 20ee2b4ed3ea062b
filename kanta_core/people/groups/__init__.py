"""Groups: which faces of an event are one person's, from their embeddings alone."""
