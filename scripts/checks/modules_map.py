"""Checks `plumb modules map` against a plain loop over transformers, and compares their speed.

    python scripts/checks/modules_map.py [--model M] [--prompts data/harmful-and-ordinary.jsonl] [--units 7]
        [--count 50] [--precision f32]

The disturbance is a shrink, which needs no random numbers. plumb maps every module; the loop disturbs a few of them,
reads the same prompts whole, with the classifier that plumb wrote into result.json, and compares the share of harmful
prompts told, the area under the ROC curve, the mean logit, the cosine and the relative change of what is read. Both
times are of this run: of plumb by reading, start-up, fitting and the report included; of the loop by module, at the
best of a few batch sizes, its own start-up left out. In bf16, where transformers rounds more than products, times
alone are compared.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, os.path.dirname(__file__))
from model_logits import plumb

RHO = 0.5
BATCHES = [1, 8, 32]
# Shares of one prompt in a hundred may flip where a logit is at zero to rounding.
LIMITS = {"q": 0.011, "auroc": 2e-3, "margin": 2e-3, "cosine": 1e-4, "change": 1e-3}
KINDS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def module_of(layer, kind):
    return getattr(layer.mlp if kind in ("gate_proj", "up_proj", "down_proj") else layer.self_attn, kind)


def features(model, prompts, batch):
    """What leaves the last block at the last position, before the final norm."""
    found = [None] * len(prompts)
    kept = {}
    handle = model.model.norm.register_forward_pre_hook(lambda _, inputs: kept.update(stream=inputs[0]))
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            group = order[start:start + batch]
            length = max(len(prompts[index]) for index in group)
            ids = torch.zeros(len(group), length, dtype=torch.long)
            mask = torch.zeros(len(group), length, dtype=torch.long)
            for row, index in enumerate(group):
                ids[row, :len(prompts[index])] = torch.tensor(prompts[index])
                mask[row, :len(prompts[index])] = 1
            model.model(input_ids=ids, attention_mask=mask, use_cache=False)
            for row, index in enumerate(group):
                found[index] = kept["stream"][row, len(prompts[index]) - 1].double().numpy()
    handle.remove()
    return np.stack(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="smollm2+data/adapters/aligned")
    parser.add_argument("--prompts", default="data/harmful-and-ordinary.jsonl")
    parser.add_argument("--units", type=int, default=7)
    parser.add_argument("--count", type=int, default=50, help="prompts of either label to judge by")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.prompts) as lines:
        rows = list(map(json.loads, lines))
    judged = [row for row in rows if row.get("split") == "test"]
    prompts = [row for label in (0, 1) for row in [row for row in judged if row["label"] == label][:options.count]]
    labels = np.array([prompt["label"] for prompt in prompts])
    with tempfile.TemporaryDirectory() as work:
        folder, output = os.path.join(work, "model"), os.path.join(work, "map")
        plumb("export", "--model", options.model, "--output", folder)
        given = os.path.join(work, "prompts.jsonl")
        with open(given, "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows if row not in judged or row in prompts)
        start = time.perf_counter()
        # All prompts of the part to report on, so that both judge by the same ones.
        plumb(
            "modules", "map", "--model", options.model, "--prompts", given, "--output", output,
            "--disturbance", "shrink", "--rho", str(RHO), "--limit", str(2 * len(prompts)),
            "--precision", options.precision, "--threads", str(options.threads))
        with open(os.path.join(output, "result.json")) as file:
            result = json.load(file)["result"]
        ours = (time.perf_counter() - start) / len(result["cells"])
        tokenizer = AutoTokenizer.from_pretrained(folder)
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[options.precision]
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    tokens = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt["prompt"]}], add_generation_prompt=True, return_dict=False)
        for prompt in prompts]
    weights, bias = np.array(result["classifier"]["weights"]), result["classifier"]["bias"]
    times = {}
    for batch in BATCHES:
        start = time.perf_counter()
        clean = features(model, tokens, batch)
        times[batch] = time.perf_counter() - start
        print(f"a pass of transformers in batches of {batch}: {times[batch]:.2f} s")
    batch = min(times, key=times.get)
    cells = {(cell["unit"]["module"], cell["unit"]["layers"]["first"]): cell for cell in result["cells"]}
    depth = len(model.model.layers)
    worst = dict.fromkeys(LIMITS, 0.0)
    start = time.perf_counter()
    for unit in range(options.units):
        kind = KINDS[unit % len(KINDS)]
        layer = unit * (depth - 1) // max(options.units - 1, 1)
        cell = cells[kind, layer]
        weight = module_of(model.model.layers[layer], kind).weight
        saved = weight.data.clone()
        weight.data.mul_(1 - RHO)
        rows = features(model, tokens, batch)
        weight.data.copy_(saved)
        scores = rows @ weights + bias
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(clean, axis=1)
        found = {
            "q": ((scores[labels == 1] > 0).mean(), cell["recall"]["mean"]),
            "auroc": (roc_auc_score(labels, scores), cell["auroc"]["mean"]),
            "margin": (scores[labels == 1].mean(), result["clean"]["margin"] - cell["margin_drop"]["mean"]),
            "cosine": (((rows * clean).sum(axis=1) / lengths).mean(), cell["cosine"]),
            "change": (
                (np.linalg.norm(rows - clean, axis=1) / np.linalg.norm(clean, axis=1)).mean(),
                cell["relative_change"]),
        }
        for name, (theirs, own) in found.items():
            scale = max(1.0, abs(theirs)) if name == "margin" else 1.0
            worst[name] = np.maximum(worst[name], abs(theirs - own) / scale)
    theirs = (time.perf_counter() - start) / options.units
    failed = False
    for name, difference in worst.items() if options.precision == "f32" else []:
        failed |= not difference <= LIMITS[name]
        print(f"{name}: largest difference {difference:.2e}, allowed {LIMITS[name]:.0e}")
    print(
        f"per module in {options.precision}: transformers {theirs:.2f} s (batches of {batch}), plumb {ours:.2f} s, "
        f"{theirs / ours:.1f} times as fast")
    sys.exit(failed)


if __name__ == "__main__":
    main()
