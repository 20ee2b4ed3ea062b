"""Checks of what no type checker and no test runs: the image, the locks, the templates of the cloud.

Each is a function from the repository's root to its findings, one sentence each, none where all is well; so a test
can copy what a check reads, break it on purpose and see that the check says so. `python -m checks` runs them all.
"""
