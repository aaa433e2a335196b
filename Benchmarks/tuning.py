"""How fast is a tuning step, and how much memory does it take? `plumb tune` and PEFT, in turns.

    python Benchmarks/tuning.py [--steps 6] [--rounds 2] [--precisions f32 bf16] [--strategies plain sap]

SmolLM2 with LoRA of rank 8 on all seven modules, 8 examples of 128 tokens of which the answers carry loss: the same
ids and masks for both. A step is forward, backward and AdamW; the quickest step of all rounds counts, peak memory is
the whole process's. PEFT in bf16 runs once with adapters in bf16 and once in float32, and the quicker counts.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import child
from jobs import HERE, ROOT, WEIGHTS

LENGTH, EXAMPLES = 128, 8
QUESTION = "Tell me, in your own words, how one gets from here to the old mill, and what there is to be seen."
ANSWER = ("Leave by the north gate and keep to the left bank until the path divides at a chestnut tree. The lower way "
          "is shorter and often wet; the upper one passes two farms, a chapel and a spring. ")


def examples(folder):
    """A file of prompts and answers longer than needed; `plumb` cuts them all to the same length."""
    path = folder / "train.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(EXAMPLES):
            answer = f"Number {number}. " + ANSWER * 6
            file.write(json.dumps({"prompt": f"{number}. {QUESTION}", "response": answer}) + "\n")
    return path


def data_options(data):
    return ["--model", WEIGHTS, "--data", data, "--max-length", LENGTH, "--truncate", "--order", "file"]


def tokens(plumb, data):
    """Ids and loss masks as plumb sees them."""
    lines = child.run([plumb, "tune", *data_options(data), "--preview", EXAMPLES, "--json"]).output.splitlines()
    return [json.loads(line) for line in lines]


def tune(plumb, data, folder, precision, strategy, steps):
    run = folder / f"run-{precision}-{strategy}"
    extra = ["--strategy", strategy] if strategy != "plain" else []
    if strategy == "sap":
        extra += ["--safety", data, "--pairs", EXAMPLES // 2, "--probe-report", 0]
    done = child.run(
        [plumb, "tune", *data_options(data), "--output", run, "--overwrite", "--precision", precision, "--rank", 8,
         "--steps", steps + 1, "--batch-size", EXAMPLES, "--learning-rate", "1e-4", "--schedule", "constant",
         "--threads", child.THREADS, *extra])
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if "loss" in line]
    return {"seconds": min(line["seconds"] for line in found[1:]), "losses": [line["loss"] for line in found],
            "peak_bytes": done.peak_bytes}


def peft(batch, folder, precision, adapters_f32, steps):
    job = {"model": str(WEIGHTS), "precision": precision, "adapters_f32": adapters_f32, "threads": child.THREADS,
           "steps": steps, "ids": [line["ids"] for line in batch],
           "carries_loss": [line["loss"] for line in batch], "result": str(folder / "peft.json")}
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    child.run([sys.executable, HERE / "peer_peft.py", path])
    return json.loads(pathlib.Path(job["result"]).read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", default=ROOT / ".build/release/plumb")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--precisions", nargs="+", default=["f32", "bf16"])
    parser.add_argument("--strategies", nargs="+", default=["plain", "sap"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = examples(folder)
        batch = tokens(options.plumb, data)
        targets = sum(sum(line["loss"]) for line in batch)
        print(f"{EXAMPLES} × {LENGTH} tokens, {targets} of them carry loss; {child.THREADS} threads")
        for precision in options.precisions:
            best = {}
            for _ in range(options.rounds):
                turns = [(f"plumb {strategy}", tune, (options.plumb, data, folder, precision, strategy))
                         for strategy in options.strategies]
                for f32 in ([True] if precision == "f32" else [True, False]):
                    adapters = "" if precision == "f32" else f", adapters {'f32' if f32 else 'bf16'}"
                    turns.append((f"PEFT{adapters}", peft, (batch, folder, precision, f32)))
                for who, run, arguments in turns:
                    found = run(*arguments, options.steps)
                    if who not in best or found["seconds"] < best[who]["seconds"]:
                        best[who] = found
            own = best["plumb plain"]
            for who, found in best.items():
                print(f"{precision:5} {who:22} {found['seconds']:7.3f} s a step  {found['seconds'] / own['seconds']:5.2f} ×"
                      f"  {found['peak_bytes'] / 2**20:6.0f} MiB  {found['peak_bytes'] / own['peak_bytes']:5.2f} ×"
                      f"  loss {found['losses'][0]:.5f} … {found['losses'][-1]:.5f}")


if __name__ == "__main__":
    main()
