"""What `make bench` measures: each figure beside what it is compared with, as a ratio within one run."""
