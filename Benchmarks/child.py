"""How a child process is run and measured: seconds from start to exit, peak resident memory, output.

The parent must stay small: the kernel counts its memory at the time of the start as the child's.
"""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

THREADS = 2

# An override for OpenBLAS would slow either side; no child may inherit one.
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class ChildError(Exception):
    """A child that failed or took too long; the text says which."""


@dataclass
class Finished:
    seconds: float
    peak_bytes: int
    output: str


def environment(**extra):
    """This process's environment with our number of threads, no overrides and no network look-ups."""
    own = {key: value for key, value in os.environ.items() if key not in OPENBLAS_OVERRIDES}
    for library in ("OMP", "MKL", "OPENBLAS"):
        own[f"{library}_NUM_THREADS"] = str(THREADS)
    return own | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "NO_COLOR": "1"} | extra


def run(command, minutes=10, **extra):
    """Runs `command` to its end; `extra` goes into its environment."""
    command = [str(word) for word in command]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment(**extra), text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expired = threading.Event()

    def stop():
        expired.set()
        process.kill()

    limit = threading.Timer(minutes * 60, stop)
    limit.start()
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    output = process.stdout.read()
    # wait4 rather than wait: it knows this child's own peak.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    limit.cancel()
    reader.join()
    if expired.is_set():
        raise ChildError(f"longer than {minutes:g} minutes")
    if process.returncode != 0:
        lines = errors[0].strip().splitlines() or ["no message"]
        raise ChildError(f"exit code {process.returncode}: {lines[-1]}")
    return Finished(seconds, usage.ru_maxrss * 1024, output)
