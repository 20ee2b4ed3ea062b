"""Stands in for the Azure CLI: writes down what it is asked, and answers as $AZ_ANSWERS says.

The answers are a JSON object from the beginning of a command to what it prints, one after the other, the last one
again and again. An answer that is null is a failure.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> int:
    state = Path(os.environ["AZ_STATE"])
    asked = " ".join(sys.argv[1:])
    with state.joinpath("asked").open("a", encoding="utf-8") as log:
        log.write(f"{json.dumps(sys.argv[1:])}\n")
    answers = json.loads(os.environ["AZ_ANSWERS"])
    command = next((command for command in answers if asked.startswith(command)), None)
    if command is None:
        return 0
    counter = state / command.replace(" ", "-")
    turn = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(turn + 1))
    answer = answers[command][min(turn, len(answers[command]) - 1)]
    if answer is None:
        print("az: no", file=sys.stderr)
        return 1
    print(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
