"""`python -m devhost`; `--help` tells more."""

import sys

try:
    from devhost.command import main
except ModuleNotFoundError as error:
    sys.exit(f"devhost: the Python package {error.name} is missing; run `make run`, which installs it")

if __name__ == "__main__":
    sys.exit(main())
