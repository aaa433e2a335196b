#!/usr/bin/env python3
"""Kills, starves and deceives `plumb extract` and checks that no row is lost.

    python3 scripts/reliability/run.py [--quick] [--only R1,R4] [--plumb PATH] [--folder PLACE] [--seed N]
                                       [--keep] [-- OPTIONS OF EXTRACT]

Needs plumb (make build), Python 3.8 or later and nothing else; where h5py can be imported, it reads every
replayed file too. What this machine cannot do is skipped with the reason. Prints a line for each promise,
`survived/tried`, and leaves with status 1 when one was broken. Options after `--` go to every extraction,
so that another engine or setting goes through the same checks.
"""

import argparse
import resource
import signal
import sys
import time

import disks
import inputs
import processes
import replays
from bench import ROOT, Bench, Skip

CHECKS = [
    ("R1", processes.kills),
    ("R2", replays.kills_at_every_call),
    ("R3", replays.power_cuts),
    ("R4", disks.full_disk),
    ("R5", disks.failing_calls),
    ("R6", processes.signals),
    ("R7", disks.closed_outputs),
    ("R8", replays.other_outputs),
    ("R9", replays.durable_names),
    ("R10", inputs.outputs_onto_inputs),
    ("R11", inputs.bit_rot),
    ("R12", inputs.changed_inputs),
    ("R13", processes.two_writers),
    ("R14", processes.growth),
    ("folder", processes.lost_folder),
]


def processor_seconds():
    """What this process and its children have had until now, whatever else the machine did."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def run(number, check, bench):
    """Prints the lines of a check; returns whether its promises held."""
    began, used = time.monotonic(), processor_seconds()
    try:
        tallies = check(bench)
    except Skip as reason:
        print(f"{number:<8}{check.__name__:<64}skipped: {reason}", flush=True)
        return True
    for tally in tallies:
        figures = f"{tally.survived}/{tally.tried}"
        print(f"{tally.number:<8}{tally.promise:<64}{figures:>11}", flush=True)
        for failure in tally.failures[:8]:
            print(f"        {failure}", flush=True)
    took = f"{time.monotonic() - began:.0f} s, {processor_seconds() - used:.0f} s of processors"
    print(f"{number:<8}{took}", file=sys.stderr)
    return all(tally.tried > 0 and not tally.failures for tally in tallies)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute's selection")
    parser.add_argument("--only", help="the checks to run, such as R1,R4")
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--folder", help="where to work; the temporary folder by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the working folder")
    parser.add_argument("options", nargs="*", help="options of every extraction, after --")
    arguments = parser.parse_args()
    # Whoever started this may block signals, and children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    chosen = arguments.only.split(",") if arguments.only else [number for number, _ in CHECKS]
    bench = Bench(arguments.plumb, arguments.folder, arguments.options, arguments.quick, arguments.seed)
    try:
        held = [run(number, check, bench) for number, check in CHECKS if number in chosen]
    finally:
        if arguments.keep:
            print(f"kept {bench.place}", file=sys.stderr)
        else:
            bench.close()
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
