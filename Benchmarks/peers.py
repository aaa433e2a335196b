"""Who captures fastest? plumb and its peers take turns at the same job, each at its best batch size.

    python Benchmarks/peers.py [--only PEER ...] [--rounds N] [--limit N] [--minutes M]

The job: the residual stream after every block at the last token of 512 chat prompts (the model's template with
the opening of the answer), float32, into HDF5. Everybody has the same weights and the same token ids, 2 threads
and a process of its own, and rows are compared with plumb's. Only real tokens are counted, never padding.

Two times are taken. "Start-up excluded" favours the peers: for them only the loop over batches (torch_job.py),
for plumb its own compute time, which has the capturing and the waiting for the disk in it, or the whole
process where a build does not record that. "Whole process" is from start to exit for everybody; the peers get
token ids, plumb tokenizes. Minima of several alternating rounds are compared.
"""

import argparse
import importlib.util
import json
import pathlib
import sys
import tempfile
import time

import child
import jobs
import report
import stores
from jobs import MODEL, ROOT, WEIGHTS
from plumb import Plumb

# As many prompts as the largest batch, from the middle of the lengths: as evenly long as in the job itself.
SWEEP_PROMPTS = 64


class Peer:
    """One peer at one precision; swept once, then measured in every round."""

    def __init__(self, name, script, precision, batch_sizes, model=WEIGHTS, **environment):
        self.name, self.script, self.precision = name, script, precision
        self.batch_sizes, self.model, self.environment = batch_sizes, model, environment
        self.batch_size, self.sweep, self.runs, self.failure = batch_sizes[0], {}, [], None

    def launch(self, prompts, batch_sizes, output, minutes):
        return jobs.launch(
            self.script, self.model, prompts, self.precision, batch_sizes, output, minutes, **self.environment)

    def prepare(self, work, minutes):
        if len(self.batch_sizes) > 1:
            self.sweep = self.launch(
                work / "sweep.jsonl", self.batch_sizes, work / "sweep.h5", minutes)["loop_seconds"]
            self.batch_size = min(self.sweep, key=self.sweep.get)

    def measure(self, work, minutes):
        run = self.launch(work / "prompts.jsonl", [self.batch_size], work / "peer.h5", minutes)
        run["seconds"] = run.pop("loop_seconds")[self.batch_size]
        run["worst_row"] = stores.check(work / "peer.h5", work / "reference.h5", self.precision)
        return run


class PlumbEntrant:
    """plumb at one precision, with or without sharing of prompts' common beginnings."""

    batch_size, sweep = None, {}

    def __init__(self, plumb, precision, sharing):
        self.name = "plumb" if sharing else "plumb, no prefix sharing"
        self.plumb, self.precision, self.runs, self.failure = plumb, precision, [], None
        self.options = ([] if precision == "f32" else ["--precision", precision]) + (
            [] if sharing else ["--no-prefix-sharing"])

    def prepare(self, work, minutes):
        missing = [word for word in self.options if word.startswith("--") and not self.plumb.has(word)]
        if missing:
            raise child.ChildError(f"this plumb has no {', '.join(missing)}")

    def measure(self, work, minutes):
        done = self.plumb.extract(
            MODEL, work / "prompts.jsonl", work / "plumb.h5", *self.options, minutes=minutes)
        return {
            "seconds": done.compute_seconds, "process_seconds": done.seconds, "peak_bytes": done.peak_bytes,
            "first_row_seconds": done.timings.get("first_row_seconds"), "timings": done.timings,
            "worst_row": stores.check(work / "plumb.h5", work / "reference.h5", self.precision)}


def entrants(plumb, options):
    for precision in ("f32", "bf16"):
        yield PlumbEntrant(plumb, precision, sharing=True)
        yield PlumbEntrant(plumb, precision, sharing=False)
        sizes = options.batch_sizes
        yield Peer("transformers", "peer_transformers.py", precision, sizes)
        yield Peer("nnsight", "peer_nnsight.py", precision, sizes)
        yield Peer("TransformerLens 4", "peer_transformer_bridge.py", precision, sizes)
        hooked = pathlib.Path(sys.prefix, "hooked")
        yield Peer("TransformerLens 3", "peer_hooked_transformer.py", precision, sizes, PYTHONPATH=str(hooked))
    if importlib.util.find_spec("llama_cpp"):
        for precision, model in (("f32", WEIGHTS / "f32.gguf"), ("bf16", WEIGHTS / "bf16.gguf"),
                                 ("q4_1", MODEL)):
            yield Peer("llama.cpp", "peer_llama_cpp.py", precision, [128, 512, 2048], model)
    else:
        print("notice: llama-cpp-python is not installed, so llama.cpp is left out", file=sys.stderr)


def attempt(entrant, what, *arguments):
    """The step's result; a failure is kept with the entrant, which then takes no further part."""
    try:
        return what(*arguments)
    except (child.ChildError, stores.Disagreement) as error:
        entrant.failure = str(error)
        print(f"{entrant.name}, {entrant.precision}: {error}", file=sys.stderr)


def rounds(field, work, options, deadline):
    """Alternating rounds: everybody once, then everybody again, as long as another one fits into the time."""
    length = 0.0
    for turn in range(options.rounds):
        begun = time.monotonic()
        if begun + length > deadline and turn:
            print(f"notice: out of time after {turn} rounds", file=sys.stderr)
            break
        for entrant in field:
            run = None if entrant.failure else attempt(entrant, entrant.measure, work, options.child_minutes)
            if run:
                entrant.runs.append(run)
                print(f"round {turn + 1}: {entrant.name}, {entrant.precision}: {run['seconds']:.2f} s, "
                      f"whole process {run['process_seconds']:.2f} s", file=sys.stderr)
        length = time.monotonic() - begun


def best(entrant, key):
    return min(run[key] for run in entrant.runs)


def table(field, tokens):
    measured = [entrant for entrant in field if entrant.runs]
    own = {e.precision: e for e in measured if e.name == "plumb"}
    rows = []
    for entrant in measured:
        # llama.cpp's 4-bit file is set against plumb's lower precision, the faster of the two.
        plumb = own.get("bf16" if entrant.precision == "q4_1" else entrant.precision)
        speeds, ratios = [], []
        for key in ("seconds", "process_seconds"):
            speeds.append(f"{tokens / best(entrant, key):,.0f}")
            comparable = plumb and isinstance(entrant, Peer)
            ratios.append(f"{best(entrant, key) / best(plumb, key):.2f} ×" if comparable else "")
        rows.append([entrant.name, entrant.precision, entrant.batch_size or "", *speeds, *ratios,
                     f"{max(run['worst_row'] for run in entrant.runs):.0e}"])
    header = ["", "precision", "batch", "tokens/s, start-up excluded", "tokens/s, whole process",
              "plumb is faster, start-up excluded", "plumb is faster, whole process", "worst row"]
    lines = [report.markdown(header, rows), ""]
    lines += [f"{e.name}, {e.precision}, was not measured: {e.failure}." for e in field if e.failure]
    if any(e.name == "llama.cpp" for e in measured):
        lines.append("llama.cpp's figures are an upper bound: its Python class gives no activations of single layers, "
                     "so it only evaluates the prompts (batch in tokens).")
    if own.get("f32") and "compute_seconds" not in own["f32"].runs[0]["timings"]:
        lines.append("This plumb records no compute time, so its start-up is never excluded.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--prompts", default=ROOT / "data/instructions.jsonl", help="JSONL with `prompt`")
    parser.add_argument("--limit", type=int, default=512, help="the first so many prompts")
    parser.add_argument("--only", nargs="+", help="only peers whose name contains one of these (plumb always runs)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 16, 32, 64], help="tried once each")
    parser.add_argument("--minutes", type=float, default=20, help="a round that would end later is not begun")
    parser.add_argument("--child-minutes", type=float, default=5, help="limit for any one process")
    options = parser.parse_args()

    deadline = time.monotonic() + options.minutes * 60
    plumb = Plumb(options.plumb)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        jobs.prepare(options.prompts, options.limit, work / "prompts.jsonl")
        lines = (work / "prompts.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        lengths = [len(json.loads(line)["ids"]) for line in lines]
        by_length = sorted(range(len(lines)), key=lengths.__getitem__)
        middle = max(0, (len(lines) - SWEEP_PROMPTS) // 2)
        (work / "sweep.jsonl").write_text(
            "".join(lines[k] for k in by_length[middle : middle + SWEEP_PROMPTS]), encoding="utf-8")
        tokens = sum(lengths)
        plumb.extract(MODEL, work / "prompts.jsonl", work / "reference.h5",
                      "--sites", "resid_post,ln_final.out", minutes=options.child_minutes)

        field = [entrant for entrant in entrants(plumb, options) if entrant.name.startswith("plumb")
                 or not options.only or any(word.lower() in entrant.name.lower() for word in options.only)]
        for entrant in field:
            attempt(entrant, entrant.prepare, work, options.child_minutes)
        rounds(field, work, options, deadline)

    report.save("", plumb, {
        "prompts": len(lines), "tokens": tokens, "threads": child.THREADS, "tolerances": stores.TOLERANCES,
        "entrants": [{key: getattr(entrant, key) for key in
                      ("name", "precision", "batch_size", "sweep", "runs", "failure")} for entrant in field],
    }, f"{len(lines)} prompts, {tokens:,} tokens, minima of {max((len(e.runs) for e in field), default=0)} rounds\n\n"
       + table(field, tokens))


if __name__ == "__main__":
    main()
