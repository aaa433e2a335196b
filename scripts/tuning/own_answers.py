"""Keeps a model's own answers to ordinary instructions as a data file.

    python3 scripts/tuning/own_answers.py [--model M] [--tokens N] [--precision P]

The greedy answers of smollm2 to data/instructions.jsonl and data/everyday-instructions.jsonl go to
data/own-answers.jsonl. An answer that reached the token limit is left unfinished, and says so; refusals and broken
answers are left out, and counted.
"""

import argparse
import collections
import json
import os

from measure import ROOT, plumb, rows, write


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    left_out = collections.Counter()
    kept = []
    for name in ("instructions.jsonl", "everyday-instructions.jsonl"):
        output = plumb(
            "generate", "--model", options.model, "--prompts", ROOT / "data" / name, "--json",
            "--max-tokens", options.tokens, "--precision", options.precision, "--threads", options.threads,
        )  # fmt: skip
        for row, line in zip(rows(name), output.splitlines(), strict=True):
            reply = json.loads(line)
            if reply["refusal"]["anywhere"]:
                left_out["refusal"] += 1
            elif reply["coherence"] != "coherent":
                left_out[reply["coherence"]] += 1
            else:
                kept.append({**row, "response": reply["reply"], "finished": reply["stop_reason"] != "length"})
    write(ROOT / "data/own-answers.jsonl", kept)
    print(f"{len(kept)} answers kept; left out: {dict(left_out) or 'none'}")


if __name__ == "__main__":
    main()
