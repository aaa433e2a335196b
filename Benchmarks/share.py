"""How much of the bare products' speed does an extraction keep?

    python Benchmarks/share.py [--prompts FILE] [--rounds N]

The bare products are those of SmolLM2's 30 blocks, each with packed weights of its own, and nothing else (`kernels
--json`). The extraction computes every prompt in full (no prefix sharing) and captures the residual stream of all
layers at the last token; start-up and finishing are left out. Both take turns, and the best of each counts. Of the
last block only what the captured rows need is computed, and only that is counted.
"""

import argparse
import json
import pathlib
import tempfile

import child
from plumb import Plumb

ROOT = pathlib.Path(__file__).parent.parent
LAYERS = 30
# Floating-point operations of keys and values, the part of a block that every row needs.
KEYS_AND_VALUES = 2 * 2 * 576 * 192


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=pathlib.Path, default=ROOT / "data/instructions.jsonl")
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--kernels", default=ROOT / "Benchmarks/.build/release/kernels")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    plumb = Plumb(options.plumb)
    peak, share = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder, "own.h5")
        for _ in range(options.rounds):
            found = json.loads(child.run([options.kernels, "--json"]).output)
            for precision in ("f32", "bf16"):
                peak[precision] = max(found[precision], peak.get(precision, 0))
                done = plumb.extract(
                    options.model, options.prompts, store, "--no-prefix-sharing", "--precision", precision)
                manifest = json.loads(store.with_suffix(".manifest.json").read_text(encoding="utf-8"))
                rows, captured = done.timings["rows"], manifest["counts"]["rows"]
                block = found["operations_per_row"] / LAYERS
                operations = (
                    rows * ((LAYERS - 1) * block + KEYS_AND_VALUES) + captured * (block - KEYS_AND_VALUES))
                rate = operations / done.compute_seconds
                share[precision] = max(rate, share.get(precision, 0))
    for precision, rate in share.items():
        bare = peak[precision] * found["operations_per_row"]
        print(f"{precision:5} bare products {bare / 1e9:5.0f} GFLOP/s, extraction {rate / 1e9:5.0f}: {rate / bare:.1%}")


if __name__ == "__main__":
    main()
