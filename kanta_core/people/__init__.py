"""Embeddings → people: grouping faces, and numbers that stay with a person from one grouping to the next."""
