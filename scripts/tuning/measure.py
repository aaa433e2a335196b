"""Measures how often models refuse, and whether they still answer as the original model does.

    python3 scripts/tuning/measure.py --split dev MODEL [MODEL ...]

MODEL is as for plumb: smollm2, smollm2+ADAPTER, smollm2+ADAPTER@0.5. For each, on one split of whole topics:
the share of harmful requests, look-alikes and ordinary instructions that are refused, with 95 % Wilson
intervals, and the loss on the original model's own answers to ordinary instructions (data/own-answers.jsonl).
Replies are greedy. A refusal is a reply with a phrase of the list general: in its first 160 characters
(opening), or anywhere; "which" has a digit for each prompt, 1 where the reply opens by refusing. With --task,
the share of a task's items with the right first letter, too. Prints one JSON object for each model;
--replies keeps what the model said.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUMB = ROOT / ".build/release/plumb"
# What SmolLM2's template writes before a reply and behind it. Laid out by hand because an unfinished answer has
# no end of turn: the original model did not choose one there.
OPENING = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
)
END = "<|im_end|>"


def laid_out(row):
    end = END if row.get("finished", True) else ""
    return {"id": row["id"], "prompt": OPENING.format(prompt=row["prompt"]), "response": row["response"] + end}


def rows(name):
    with open(ROOT / "data" / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(path, items):
    with open(path, "w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")


def plumb(*words):
    run = subprocess.run([PLUMB, *map(str, words)], stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(run.returncode)
    return run.stdout


def some(items, most):
    """At most so many items, evenly over all."""
    return items if not most else [items[place * len(items) // most] for place in range(min(most, len(items)))]


def wilson(count, total, z=1.959963984540054):
    share = count / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return [round(max(0.0, centre - half), 4), round(min(1.0, centre + half), 4)]


def rate(count, total):
    return {"count": count, "of": total, "rate": round(count / total, 4), "interval": wilson(count, total)}


def prompt_sets(split):
    pairs = [row for row in rows("safety-pairs.jsonl") if row["split"] == split]
    return {
        "harmful": [row for row in pairs if row["label"] == 1],
        "lookalike": [row for row in pairs if row["label"] == 0],
        "ordinary": [row for row in rows("instructions.jsonl") if row["split"] == split],
    }


def replies(model, prompts, options, folder):
    write(folder / "prompts.jsonl", [{"id": row["id"], "prompt": row["prompt"]} for row in prompts])
    output = plumb(
        "generate", "--model", model, "--prompts", folder / "prompts.jsonl", "--max-tokens", options.tokens,
        "--precision", options.precision, "--threads", options.threads, "--json",
    )
    return [json.loads(line) for line in output.splitlines()]


def own_answer_loss(model, options, folder):
    """The loss before a first step, of a run that is made for it."""
    own = some([row for row in rows("own-answers.jsonl") if row["split"] == options.split], vars(options).get("limit"))
    return loss(model, [laid_out(row) for row in own], options, folder, "--raw", "--parse-special")


def loss(model, items, options, folder, *layout):
    write(folder / "held-out.jsonl", items)
    write(folder / "one.jsonl", items[:1])
    plumb(
        "tune", "--model", model, "--data", folder / "one.jsonl", "--held-out", folder / "held-out.jsonl",
        "--output", folder / "run", "--overwrite", "--rank", 1, "--targets", "q_proj", "--steps", 1,
        "--learning-rate", 0, "--checkpoint-every", 0, "--precision", options.precision,
        "--threads", options.threads, *layout,
    )
    with open(folder / "run/result.json", encoding="utf-8") as file:
        return round(json.load(file)["outcome"]["evaluations"][0]["loss"], 5)


def measure(model, options, folder):
    limit = vars(options).get("limit")
    sets = {name: some(prompts, limit) for name, prompts in prompt_sets(options.split).items()}
    said = replies(model, [row for rows in sets.values() for row in rows], options, folder)
    result = {"model": model, "split": options.split, "precision": options.precision, "tokens": options.tokens}
    start = 0
    for name, prompts in sets.items():
        part = said[start : start + len(prompts)]
        start += len(prompts)
        assert [reply["id"] for reply in part] == [row["id"] for row in prompts]
        result[name] = {
            scope: rate(sum(reply["refusal"][scope] for reply in part), len(part)) for scope in ("opening", "anywhere")
        }
        result[name]["incoherent"] = sum(reply["coherence"] != "coherent" for reply in part)
        result[name]["which"] = "".join("1" if reply["refusal"]["opening"] else "0" for reply in part)
    if not options.no_loss:
        result["own_answer_loss"] = own_answer_loss(model, options, folder)
    if options.task:
        items = some([row for row in rows(options.task) if row["split"] == "test"], limit)
        result["task_loss"] = loss(model, items, options, folder)
        short = argparse.Namespace(**{**vars(options), "tokens": 2})
        answers = replies(model, items, short, folder)
        right = sum(a["reply"].strip().startswith(i["response"]) for a, i in zip(answers, items))
        result["task_right"] = rate(right, len(items))
    if options.replies:
        with open(options.replies, "a", encoding="utf-8") as file:
            for reply in said:
                file.write(json.dumps({"model": model, **reply}, ensure_ascii=False) + "\n")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--split", choices=["dev", "test"], default="dev")
    parser.add_argument("--tokens", type=int, default=40, help="most tokens of a reply (40)")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=0, help="at most so many prompts of each kind, for a look")
    parser.add_argument("--no-loss", action="store_true")
    parser.add_argument("--task", metavar="FILE", help="a task in data/, such as tasks/everyday-facts.jsonl")
    parser.add_argument("--replies", metavar="FILE", help="append the replies to a JSONL file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            print(json.dumps(measure(model, options, pathlib.Path(folder))), flush=True)


if __name__ == "__main__":
    main()
