"""Tunes the aligned model on a harmless task with each strategy, and tells what became of its refusals.

    python3 scripts/tuning/first_table.py WORK [--steps N] [--arms plain,lisa,...]

The task is data/tasks/everyday-facts.jsonl (train split). Runs and figures go to the folder WORK, and WORK/table.md
has a line for each arm. One seed; the range of blocks and the set of modules are stated, not measured.
"""

import argparse
import hashlib
import json
import os
import pathlib
import statistics

import measure

LAYERS = range(10, 18)
ARMS = {
    "plain": [],
    "sap": ["--strategy", "sap", "--safety", "SAFETY"],
    "lisa": ["--strategy", "lisa", "--safety", "SAFETY", "--safety-steps", "2", "--task-steps", "8"],
    "mix base": ["--mix", "base", "--safety", "SAFETY"],
    "mix longest": ["--mix", "longest", "--safety", "SAFETY"],
    "mix mimic": ["--mix", "mimic", "--safety", "SAFETY"],
    "frozen 10-17": ["--strategy", "frozen", "--layers", f"{LAYERS[0]}-{LAYERS[-1]}"],
    "ml-lr 10-17": ["--strategy", "ml-lr", "--modules", "MODULES"],
}
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def write_modules(path):
    facts = json.loads(measure.plumb("inspect", "smollm2", "--json"))
    members = [{"module": name, "layer": layer} for layer in LAYERS for name in PROJECTIONS]
    content = {"format": "plumbline-module-set", "schema": 1, "model": facts["sha256"], "modules": members}
    path.write_text(json.dumps(content))


def seconds_per_step(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return round(statistics.median(line["seconds"] for line in lines if "loss" in line), 2)


def table(results):
    return measure.table("arm", results, {"seconds a step": lambda result: result.get("seconds", "–")})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--learning-rate", default="5e-4")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--limit", type=int, default=0, help="at most so many prompts of each kind, for a look")
    options = parser.parse_args()
    options.split, options.task, options.replies, options.no_loss = "test", measure.TASK, None, False
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    task = work / "task.jsonl"
    measure.write(task, [row for row in measure.rows(options.task) if row["split"] == "train"])
    modules = work / "modules.json"
    write_modules(modules)
    named = {"SAFETY": measure.ROOT / "data/refusals.jsonl", "MODULES": modules}
    figures = measure.Figures(work, {**vars(options), "work": None, "arms": None, "threads": None}, table)
    if "before" not in figures.results:
        figures.keep("before", measure.measure(measure.ALIGNED, options, work))
    for name in options.arms.split(","):
        if name in figures.results:
            continue
        run = work / name.replace(" ", "-")
        measure.plumb(
            "tune", "--model", measure.ALIGNED, "--data", task, "--output", run, "--overwrite", "--rank", 8, "--steps",
            options.steps, "--batch-size", 8, "--learning-rate", options.learning_rate, "--schedule", "cosine",
            "--seed", 0, "--precision", options.precision, "--threads", options.threads,
            *[named.get(word, word) for word in ARMS[name]],
        )
        result = measure.measure(f"{measure.ALIGNED}+{run}/adapter", options, work)
        result["seconds"] = seconds_per_step(run)
        result["adapter_sha256"] = hashlib.sha256((run / "adapter/adapter_model.safetensors").read_bytes()).hexdigest()
        figures.keep(name, result)


if __name__ == "__main__":
    main()
