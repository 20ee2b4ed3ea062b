"""The shapes of the API, one file per noun: what comes in, and domain values as they go out."""
