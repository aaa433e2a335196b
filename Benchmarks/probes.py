"""How long does a probe at every layer take? `plumb probe` and scikit-learn on the same store, in turns.

    python Benchmarks/probes.py [--layers 0-29] [--rounds N]

The store: data/safety-pairs.jsonl (1,444 prompts, 24 groups), residual stream at the last token. scikit-learn's
time is the search alone (peer_scikit_learn.py); plumb's is the whole process, which also fits mass-mean probes
and text-only baselines, draws 2,000 bootstrap samples per figure and writes its report. Favours scikit-learn.
Folds differ in how groups are dealt to them; everything else is the same. Where both choose the same penalty,
their final probes must have the same objective.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import child
import h5py
import numpy as np
import report
from jobs import HERE, MODEL, ROOT
from plumb import Plumb
from safetensors.numpy import load_file

TOLERANCE = 1e-6  # relative difference of the objectives at the two optima


def objective(features, labels, weights, intercept, penalty):
    """Sum of log losses plus |w|² / 2C, over standardised features."""
    margins = np.where(labels == 1, 1, -1) * (features @ weights + intercept)
    return np.logaddexp(0, -margins).sum() + weights @ weights / (2 * penalty)


def compare(store, folder, peer):
    """Per layer with equal penalties: how much higher plumb's objective is than scikit-learn's, relatively."""
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    penalties = {f"layer_{cell['cell']['layer']:02d}": cell["final_penalty"] for cell in result["analysis"]["cells"]}
    own = load_file(folder / "probes.safetensors")
    excess = {}
    with h5py.File(store, "r") as file:
        labels = file["prompts/label"].asstr()[:].astype(int)
        for layer, (penalty, weights, intercept) in peer.items():
            if penalties[layer] != penalty:
                continue
            rows = file[f"activations/resid_post/{layer}"][:].astype(np.float64)
            mean, scale = rows.mean(0), rows.std(0)
            raw = own[f"resid_post.{layer}.last.weight"].astype(np.float64)
            bias = float(own[f"resid_post.{layer}.last.bias"][0])
            standard = (rows - mean) / scale
            theirs = objective(standard, labels, np.array(weights), intercept, penalty)
            excess[layer] = objective(standard, labels, raw * scale, bias + raw @ mean, penalty) / theirs - 1
    return excess


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--prompts", default=ROOT / "data/safety-pairs.jsonl", help="JSONL with label and group")
    parser.add_argument("--layers", default="2,5,8,11,14,17,20,23,26,29")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()

    plumb, runs = Plumb(options.plumb), []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        store = work / "store.h5"
        plumb.extract(MODEL, options.prompts, store, "--layers", options.layers)
        for turn in range(options.rounds):
            own = child.run([options.plumb, "probe", store, "--output", work / "probe", "--overwrite"]).seconds
            child.run([sys.executable, HERE / "peer_scikit_learn.py", store, work / "peer.json"])
            peer = json.loads((work / "peer.json").read_text(encoding="utf-8"))
            runs.append({"plumb": own, "scikit-learn": peer["seconds"]})
            print(f"round {turn + 1}: plumb {own:.1f} s, scikit-learn {peer['seconds']:.1f} s", file=sys.stderr)
        excess = compare(store, work / "probe", peer["probes"])
        layers = len(peer["probes"])

    best = {name: min(run[name] for run in runs) for name in runs[0]}
    rows = [["plumb probe, whole process", f"{best['plumb']:.1f}", ""],
            ["scikit-learn, nested search alone", f"{best['scikit-learn']:.1f}",
             f"{best['scikit-learn'] / best['plumb']:.1f} ×"]]
    worst = max(excess.values(), default=float("nan"))
    report.save("probes", plumb, {"layers": options.layers, "runs": runs, "objective_excess": excess},
                f"probes at {layers} layers\n\n"
                + report.markdown(["", "seconds", "plumb is faster"], rows)
                + f"\n\nSame penalty at {len(excess)} layers; there plumb's objective is at most {worst:.0e} above "
                "scikit-learn's.")
    if not worst <= TOLERANCE:
        sys.exit(f"error: the optima are not the same to {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
