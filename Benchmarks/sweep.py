"""How long do five folds at ten penalties at every layer take? plumb's logistic regression and scikit-learn, in turns.

    python Benchmarks/sweep.py [--layers 31] [--rows 2000] [--width 576] [--rounds 1] [--solvers newton-cholesky]

Synthetic activations (a direction in noise of unequal variances), labels of two classes. Both do the same fits and
nothing else, on two threads; scikit-learn once with newton-cholesky, its solver for many more rows than components, and
once with lbfgs, its default, at a tolerance that reaches about the same optimum. At every layer both must choose the same penalty, and plumb's objective may not be above
scikit-learn's by more than a millionth.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from jobs import HERE, ROOT

PENALTIES = [10.0**power for power in range(-5, 5)]
TESTS = ROOT / ".build/release/plumblinePackageTests.xctest"
TOLERANCE = 1e-6  # relative difference of the objectives at the two optima


def make(folder, layers, rows, width):
    rng = np.random.default_rng(5)
    labels = rng.permutation(np.arange(rows) % 2)
    scales = rng.uniform(0.3, 3, size=width)
    mixing = np.eye(width) + 0.3 * rng.normal(size=(width, width)) / np.sqrt(width)
    with open(folder / "features.f32", "wb") as file:
        for layer in range(layers):
            noise = rng.normal(size=(rows, width)) @ mixing
            direction = rng.normal(size=width)
            shift = (0.2 + 1.2 * layer / layers) * direction / np.linalg.norm(direction)
            ((noise + (labels - 0.5)[:, None] * shift) * scales).astype(np.float32).tofile(file)
    plan = {"layers": layers, "rows": rows, "width": width, "labels": labels.tolist(),
            "folds": (np.arange(rows) % 5).tolist(), "penalties": PENALTIES}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return plan


def objective(features, labels, layer):
    """Sum of log losses plus |w|² / 2C, over standardised features."""
    mean, scale = features.mean(0), features.std(0)
    weights = np.array(layer["weights"])
    margins = np.where(labels == 1, 1, -1) * (features @ weights + layer["bias"])
    return np.logaddexp(0, -margins).sum() + ((weights * scale) ** 2).sum() / (2 * layer["penalty"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=31)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--width", type=int, default=576)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--solvers", nargs="+", default=["newton-cholesky", "lbfgs"])
    options = parser.parse_args()
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    # Built with the environment as it is; the build would start anew in another.
    subprocess.run(["swift", "build", "--quiet", "-c", "release", "--build-tests"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plan = make(folder, options.layers, options.rows, options.width)
        times = {}
        for _ in range(options.rounds):
            subprocess.run([TESTS, "--testing-library", "swift-testing", "--filter", "SweepTiming"], check=True,
                           env=environment | {"PLUMB_SWEEP": name}, stdout=subprocess.DEVNULL)
            for solver in options.solvers:
                subprocess.run([sys.executable, HERE / "peer_sweep.py", name, solver, "1e-6"], check=True,
                               env=environment)
            for who in ["plumb", *options.solvers]:
                seconds = json.loads((folder / f"{who}.json").read_text(encoding="utf-8"))["seconds"]
                times.setdefault(who, []).append(seconds)
        results = {who: json.loads((folder / f"{who}.json").read_text(encoding="utf-8"))["layers"] for who in times}
        shape = (options.layers, options.rows, options.width)
        features = np.fromfile(folder / "features.f32", np.float32).reshape(shape)
    labels = np.array(plan["labels"])
    for who, seconds in times.items():
        print(f"{who:16} {min(seconds):8.2f} s   {min(seconds) / min(times['plumb']):6.1f} ×")
    worst, agreeing = -np.inf, 0
    for layer, own, peer in zip(features, results["plumb"], results[options.solvers[0]]):
        if own["penalty"] != peer["penalty"]:
            continue
        agreeing += 1
        layer = layer.astype(np.float64)
        reference = objective(layer, labels, peer)
        worst = max(worst, objective(layer, labels, own) / reference - 1)
    print(f"the same penalty at {agreeing} of {options.layers} layers; there plumb's objective is at most "
          f"{worst:.1e} above scikit-learn's")
    if agreeing < options.layers or worst > TOLERANCE:
        sys.exit("error: the optima are not the same")


if __name__ == "__main__":
    main()
