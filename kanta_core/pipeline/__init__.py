"""The verbs of Kanta, one file each. A verb may be called again with the same words: nothing happens twice."""
