"""Checks `plumb layers gap` against transformers: cosines and both angle gaps of every block agree.

    python scripts/checks/layers_gap.py [--model smollm2] [--adapter FOLDER] [--count 40]

The vectors are what forward hooks on PyTorch's blocks see at the last position of the same tokens; pairs are those
that plumb drew. Nothing of plumb's arithmetic is used.
"""

import argparse
import json
import os
import sys
import tempfile

import h5py
import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

sys.path.insert(0, os.path.dirname(__file__))
from model_logits import ROOT, plumb

LIMIT = 1e-4


def vectors(model, prompts):
    """What leaves each block at the last position: [block, prompt, width]."""
    seen = []
    handles = [
        block.register_forward_hook(
            lambda _, __, output: seen.append((output[0] if isinstance(output, tuple) else output)[0, -1]))
        for block in model.get_submodule("model.layers")]
    found = []
    for ids in prompts:
        seen.clear()
        with torch.no_grad():
            model(torch.tensor(ids[None].astype(np.int64)))
        found.append(torch.stack(seen).double().numpy())
    for handle in handles:
        handle.remove()
    return np.stack(found, axis=1)


def degrees(cosines):
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--adapter")
    parser.add_argument("--prompts", default=os.path.join(ROOT, "data", "safety-pairs.jsonl"))
    parser.add_argument("--count", default="40")
    options = parser.parse_args()
    name = options.model + (f"+{options.adapter}" if options.adapter else "")
    with tempfile.TemporaryDirectory() as work:
        result = json.loads(plumb(
            "layers", "gap", "--model", name, "--prompts", options.prompts, "--count", options.count,
            "--output", os.path.join(work, "gap"), "--json"))["result"]
        store, folder = os.path.join(work, "tokens.h5"), os.path.join(work, "model")
        plumb("extract", "--model", options.model, "--prompts", options.prompts, "--output", store,
              "--sites", "resid_pre", "--layers", "0")
        with h5py.File(store) as file:
            ids, offsets = file["tokens/id"][:], file["prompts/token_offset"][:]
        plumb("export", "--model", options.model, "--output", folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        if options.adapter:
            model = PeftModel.from_pretrained(model, options.adapter).merge_and_unload()
        rows = vectors(model.eval(), [ids[offsets[place]:offsets[place + 1]] for place in result["places"]])
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    worst = {}
    for block, found in zip(rows, result["curves"]["blocks"], strict=True):
        cosines = {
            kind: np.einsum("pd,pd->p", block[pairs["first"]], block[pairs["second"]])
            for kind, pairs in result["pairs"].items()}
        expected = {kind: values.mean() for kind, values in cosines.items()}
        for kind, value in expected.items():
            worst[kind] = max(worst.get(kind, 0), abs(value - found[kind]["mean"]))
            deviation = abs(cosines[kind].std(ddof=1) - found[kind]["deviation"])
            worst["deviation"] = max(worst.get("deviation", 0), deviation)
        gaps = {
            "gap": degrees(cosines["across"]).mean() - degrees(cosines["harmless"]).mean(),
            "code_gap": degrees(expected["across"]) - degrees(expected["harmless"])}
        for kind, value in gaps.items():
            # Degrees are compared as a share of the largest angle there is.
            worst[kind] = max(worst.get(kind, 0), abs(value - found[kind]["value"]) / 180)
    for kind, value in worst.items():
        print(f"{kind:10} {value:.1e} {'ok' if value <= LIMIT else 'differs'}")
    sys.exit(any(value > LIMIT for value in worst.values()))


if __name__ == "__main__":
    main()
