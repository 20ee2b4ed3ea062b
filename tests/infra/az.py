"""Stands in for the Azure CLI, and as `curl …` for curl: writes down what it is asked, and answers as it is told.

The answers, $AZ_ANSWERS, are a JSON object from the beginning of a command to what it prints, one after the other,
the last one again and again. An answer that is null is a failure; a command without an answer is one that nobody
expected, and ends with 2. What the folder of `acr build` holds is written down, too.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> int:
    state = os.environ["AZ_STATE"]
    with open(f"{state}/asked", "a", encoding="utf-8") as log:  # noqa: PTH123 - pathlib takes twice as long to import
        log.write(f"{json.dumps(sys.argv[1:])}\n")
    answers = json.loads(os.environ["AZ_ANSWERS"])
    asked = " ".join(sys.argv[1:])
    command = next((command for command in answers if asked.startswith(command)), None)
    if command is None:
        print(f"az: nobody expected {asked}", file=sys.stderr)
        return 2
    if command == "acr build":
        folder = next(word for word in sys.argv if os.path.isdir(word))  # noqa: PTH112 - same
        with open(f"{state}/sent", "w", encoding="utf-8") as log:  # noqa: PTH123 - same
            for place, _, names in os.walk(folder):
                log.writelines(f"{os.path.relpath(os.path.join(place, name), folder)}\n" for name in names)  # noqa: PTH118 - same
    with open(f"{state}/{command}", "a+", encoding="utf-8") as turns:  # noqa: PTH123 - same
        turn = turns.tell()
        turns.write(".")
    answer = answers[command][min(turn, len(answers[command]) - 1)]
    if answer is None:
        print("az: no", file=sys.stderr)
        return 1
    print(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
