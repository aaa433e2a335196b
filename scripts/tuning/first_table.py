"""Tunes the aligned model on harmless data with each strategy, and tells what became of its refusals.

    python3 scripts/tuning/first_table.py WORK [--steps N] [--arms plain,lisa,...] [--sets facts,instructions]

The data are a task, data/tasks/everyday-facts.jsonl, or ordinary instructions: the original model's own answers to
the train split, up to the end of their last whole sentence. Runs and figures go to the folder WORK, and WORK/table.md
has a line for each arm. One seed; the range of blocks and the set of modules are stated, not measured.
"""

import argparse
import hashlib
import itertools
import json
import os
import pathlib
import re
import statistics

import measure
from figures import Figures, share

ALIGNED = f"smollm2+{measure.ROOT}/data/adapters/aligned"
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
TASK = "tasks/everyday-facts.jsonl"
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def write_modules(path):
    facts = json.loads(measure.plumb("inspect", "smollm2", "--json"))
    members = [{"module": name, "layer": layer} for layer in LAYERS for name in PROJECTIONS]
    content = {"format": "plumbline-module-set", "schema": 1, "model": facts["sha256"], "modules": members}
    path.write_text(json.dumps(content))


def whole_sentences(row):
    sentences = re.match(r".*[.!?](?=\s|$)", row["response"], re.DOTALL)
    return {**row, "response": sentences.group()} if sentences else None


def training_sets():
    own = [whole_sentences(row) for row in measure.rows("own-answers.jsonl") if row["split"] == "train"]
    return {
        "facts": [row for row in measure.rows(TASK) if row["split"] == "train"],
        "instructions": [row for row in own if row],
    }


def seconds_per_step(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return round(statistics.median(line["seconds"] for line in lines if "loss" in line), 2)


def table(results):
    lines = [
        "| data | arm | harmful refused, % | look-alikes refused, % | ordinary refused, % | task loss "
        "| task right, % | own-answer loss | seconds a step |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        rates = " | ".join(share(result[part]["opening"]) for part in ("harmful", "lookalike", "ordinary"))
        lines.append(
            f"| {name.replace(': ', ' | ')} | {rates} | {result['task_loss']:.3f} | {share(result['task_right'])} "
            f"| {result['own_answer_loss']:.3f} | {result.get('seconds', '–')} |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--learning-rate", default="5e-4")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--sets", default="facts,instructions")
    options = parser.parse_args()
    options.split, options.task, options.replies, options.no_loss = "test", TASK, None, False
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    sets = training_sets()
    for name, rows in sets.items():
        measure.write(work / f"{name}.jsonl", rows)
    modules = work / "modules.json"
    write_modules(modules)
    named = {"SAFETY": measure.ROOT / "data/refusals.jsonl", "MODULES": modules}
    counted = {name: getattr(options, name) for name in ("steps", "tokens", "learning_rate", "precision")}
    figures = Figures(work, counted, table)
    if "none: before" not in figures.results:
        figures.keep("none: before", measure.measure(ALIGNED, options, work))
    for data, arm in itertools.product(options.sets.split(","), options.arms.split(",")):
        name = f"{data}: {arm}"
        if name in figures.results:
            continue
        run = work / f"{data}-{arm}".replace(" ", "-")
        measure.plumb(
            "tune", "--model", ALIGNED, "--data", work / f"{data}.jsonl", "--output", run, "--overwrite",
            "--rank", 8, "--steps", options.steps, "--batch-size", 8,
            "--learning-rate", options.learning_rate, "--schedule", "cosine", "--seed", 0,
            "--precision", options.precision, "--threads", options.threads, *[named.get(word, word) for word in ARMS[arm]],
        )
        result = measure.measure(f"{ALIGNED}+{run}/adapter", options, work)
        result["seconds"] = seconds_per_step(run)
        result["adapter_sha256"] = hashlib.sha256((run / "adapter/adapter_model.safetensors").read_bytes()).hexdigest()
        figures.keep(name, result)


if __name__ == "__main__":
    main()
