"""Embeddings → people: `groups` of faces, the `numbers` that stay with them, `search` among them, doubts."""
