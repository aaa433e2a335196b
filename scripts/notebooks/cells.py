"""What cog calls in a notebook: output() runs the cell above it and writes what the cell printed.

A cell is a fenced block marked sh or python. Shell cells stop at the first command that fails; the Python cells of a
notebook share their variables. A cell that fails ends the run. output("md") is for cells that write Markdown, and
output(small=("this", "that")) has a run on few prompts replace something that takes minutes.
"""

import contextlib
import io
import os
import subprocess
import sys

import cog

FENCE = "```"
PYTHON = {"__name__": "__main__"}


def output(form="text", small=None):
    language, code, line = cell_above(cog.inFile, cog.firstLineNum)
    if small and small[0] not in code:
        sys.exit(f"{cog.inFile}:{line}: the cell does not have {small[0]!r}")
    if small and "NOTEBOOK_SMALL" in os.environ:
        code = code.replace(*small)
    print(f"  {cog.inFile}:{line}", file=sys.stderr)
    if language == "python":
        printed = run_python(code, f"{cog.inFile}, cell in line {line}")
    else:
        printed = run_shell(code)
    printed = printed.rstrip().removeprefix("\n")
    if form == "text" and printed:
        printed = f"{FENCE}text\n{printed}\n{FENCE}"
    if printed:
        cog.outl(printed)


def cell_above(file, line):
    """The language, code and first line of the block that ends in front of a line."""
    with open(file, encoding="utf-8") as notebook:
        lines = notebook.read().split("\n")[: line - 1]
    while lines and lines[-1] != FENCE:
        if lines[-1].strip():
            sys.exit(f"{file}:{line}: output() needs a cell right above it")
        lines.pop()
    for start in range(len(lines) - 2, -1, -1):
        if lines[start].startswith(FENCE):
            break
    else:
        sys.exit(f"{file}:{line}: output() needs a cell above it")
    language = lines[start].removeprefix(FENCE)
    if language not in ("sh", "python"):
        sys.exit(f"{file}:{start + 1}: a cell is marked sh or python, not {language!r}")
    return language, "\n".join(lines[start + 1 : -1]), start + 1


def run_python(code, name):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), PYTHON)
    return printed.getvalue()


def run_shell(code):
    done = subprocess.run(
        ["sh", "-eu", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, NO_COLOR="1"))
    if done.returncode != 0:
        sys.exit(f"{code}\n{done.stderr.strip()}\nexit code {done.returncode}")
    return done.stdout
