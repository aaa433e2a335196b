"""Runs every command of the worked studies and writes its output below it.

    python3 scripts/run_notebooks.py [FILE.md ...]

A cell is a block marked ```sh; the block marked ```text after it is its output and is replaced. Cells of a
file run in order, in one shell each, from the repository's root, with plumb on the PATH. A command that
fails ends the run. Without arguments: every file in notebooks-md/.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CELL = re.compile(r"```sh\n(?P<command>.*?)```\n(?:\n```text\n.*?```\n)?", re.S)


def run(command):
    environment = dict(os.environ, PATH=f"{ROOT}/.build/release:{os.environ['PATH']}", NO_COLOR="1")
    done = subprocess.run(
        ["sh", "-eu", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command.strip()}\n{done.stderr.strip()}\nexit code {done.returncode}")
    return done.stdout.strip("\n")


def cell(match):
    command = match["command"]
    output = run(command)
    shown = f"```sh\n{command}```\n"
    return shown + (f"\n```text\n{output}\n```\n" if output else "")


def main():
    files = [pathlib.Path(name) for name in sys.argv[1:]] or sorted((ROOT / "notebooks-md").glob("*.md"))
    for file in files:
        print(file.name, file=sys.stderr)
        text = file.read_text(encoding="utf-8")
        file.write_text(CELL.sub(cell, text), encoding="utf-8")


if __name__ == "__main__":
    main()
