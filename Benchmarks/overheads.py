"""What does plumb cost beside computing? Start to the first row, and time lost to writing HDF5.

    python Benchmarks/overheads.py [--rounds N] [--limit N]

Start to first row: seconds until the first prompt's rows are there, for plumb from its manifest and for
transformers (Python, imports, loading, one prompt) from the same GGUF and from safetensors. Lost to writing: the
share of the compute time that plumb's cores waited for the writer, and how much longer the capture of all layers
takes than that of the last alone, which computes the same and writes a thirtieth.
"""

import argparse
import pathlib
import sys
import tempfile

import jobs
import report
from jobs import MODEL, ROOT, WEIGHTS
from plumb import Plumb

LAST_LAYER = 29


def plumb_runs(plumb, options, work):
    """{"all": runs, "last": runs}: all layers and the last one in turns."""
    runs = {"all": [], "last": []}
    for turn in range(options.rounds):
        for name, extra in (("all", []), ("last", ["--layers", LAST_LAYER])):
            done = plumb.extract(MODEL, work / "prompts.jsonl", work / "own.h5", *extra)
            runs[name].append({"seconds": done.compute_seconds, "process_seconds": done.seconds} | done.timings)
            print(f"round {turn + 1}: {name}: {done.compute_seconds:.2f} s", file=sys.stderr)
    return runs


def first_row(options, work, model):
    """transformers' best of the rounds."""
    (work / "one.jsonl").write_text(
        (work / "prompts.jsonl").read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")
    return min(
        jobs.launch("peer_transformers.py", model, work / "one.jsonl", "f32", [1], work / "peer.h5")[
            "first_row_seconds"] for _ in range(options.rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--limit", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    plumb = Plumb(options.plumb)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        jobs.prepare(ROOT / "data/instructions.jsonl", options.limit, work / "prompts.jsonl")
        runs = plumb_runs(plumb, options, work)
        theirs = {"GGUF": first_row(options, work, MODEL), "safetensors": first_row(options, work, WEIGHTS)}

    least = {name: min(run["seconds"] for run in own) for name, own in runs.items()}
    rows = [["transformers: start to first row, " + name, f"{seconds:.1f} s"] for name, seconds in theirs.items()]
    recorded = runs["all"][0]
    if "first_row_seconds" in recorded:
        own = min(run["first_row_seconds"] for run in runs["all"])
        rows.insert(0, ["plumb: start to first row, GGUF", f"{own:.2f} s"])
    if "write_wait_seconds" in recorded:
        share = min(run["write_wait_seconds"] / run["compute_seconds"] for run in runs["all"])
        rows.append(["plumb: waiting for the writer, share of compute time", f"{share:.1%}"])
    rows.append(["plumb: all layers against the last alone", f"{least['all'] / least['last'] - 1:+.1%}"])
    report.save("overheads", plumb, {"runs": runs, "transformers_first_row_seconds": theirs},
                report.markdown(["", "best"], rows))


if __name__ == "__main__":
    main()
