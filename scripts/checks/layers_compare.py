"""Compares plumb layers compare with torch on a real model and a tuning of it.

Takes a few pairs of every group of the prompts, so that no prompt is left out by chance, and computes directions, changes
of vectors and the divergence of next tokens along greedy replies with transformers and peft.

    .venv-bench/bin/python scripts/checks/layers_compare.py [--before M] [--adapter FOLDER]
"""

import argparse
import collections
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
from layers_gap import vectors
from model_logits import ROOT, plumb

LIMIT = 1e-3  # of the figure; replies are long, and the model is in float32 on both sides


def few(path, pairs):
    """Lines of the first pairs of every group, those to fit on first."""
    seen, kept = collections.defaultdict(set), []
    with open(path, encoding="utf-8") as file:
        for line in file:
            prompt = json.loads(line)
            known = seen[prompt["group"]]
            if prompt["pair"] in known or len(known) < pairs:
                known.add(prompt["pair"])
                kept.append(prompt)
    return kept


def divergences(before, after, ids, tokens, ends):
    """KL(before || after) of every next token along the greedy reply of the model before."""
    start, text, values = len(ids) - 1, list(ids), []
    while len(text) - start <= tokens:
        with torch.no_grad():
            p, q = (
                torch.log_softmax(model(torch.tensor([text])).logits[0, -1].double(), -1) for model in (before, after))
        values.append(float((p.exp() * (p - q)).sum()))
        token = int(p.argmax())
        if token in ends:
            break
        text.append(token)
    return values


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", default="smollm2")
    parser.add_argument("--adapter", default=os.path.join(ROOT, "data", "adapters", "aligned"))
    parser.add_argument("--prompts", default=os.path.join(ROOT, "data", "safety-pairs.jsonl"))
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        prompts = few(options.prompts, options.pairs)
        path = os.path.join(work, "few.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(prompt) + "\n" for prompt in prompts)
        result = json.loads(plumb(
            "layers", "compare", "--before", options.before, "--after", f"{options.before}+{options.adapter}",
            "--prompts", path, "--output", os.path.join(work, "out"), "--tokens", str(options.tokens), "--count",
            "10000", "--kl-prompts", "10000", "--draws", "50", "--json"))["result"]
        store, folder = os.path.join(work, "tokens.h5"), os.path.join(work, "model")
        plumb("extract", "--model", options.before, "--prompts", path, "--output", store, "--sites", "resid_pre",
              "--layers", "0")
        with h5py.File(store) as file:
            ids, offsets = file["tokens/id"][:], file["prompts/token_offset"][:]
        tokens = [ids[offsets[place]:offsets[place + 1]] for place in range(len(prompts))]
        plumb("export", "--model", options.before, "--output", folder)

        def load():
            return AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager").eval()

        before = load()
        after = PeftModel.from_pretrained(load(), options.adapter).merge_and_unload().eval()
    labels = np.array([prompt["label"] for prompt in prompts])
    old, new = vectors(before, tokens), vectors(after, tokens)
    change = np.linalg.norm(new - old, axis=2) / np.linalg.norm(old, axis=2)
    worst = collections.defaultdict(float)

    def compare(name, found, expected):
        worst[name] = max(worst[name], abs(found - expected) / abs(expected))

    for layer, found in enumerate(result["layers"]):
        one, other = (rows[layer][labels == 1].mean(0) - rows[layer][labels == 0].mean(0) for rows in (old, new))
        lengths = np.linalg.norm(one), np.linalg.norm(other)
        compare("cosine", found["direction"]["cosine"]["value"], one @ other / lengths[0] / lengths[1])
        compare("length before", found["direction"]["norm_before"], lengths[0])
        compare("length after", found["direction"]["norm_after"], lengths[1])
        compare("change, harmful", found["stream"]["harmful"]["value"], change[layer][labels == 1].mean())
        compare("change, harmless", found["stream"]["harmless"]["value"], change[layer][labels == 0].mean())
    ends = before.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    held = [place for place, prompt in enumerate(prompts) if prompt["split"] != "train"]
    values = {place: divergences(before, after, tokens[place].tolist(), options.tokens, ends) for place in held}
    for name, label in [("harmful", 1), ("harmless", 0)]:
        chosen = [values[place] for place in held if labels[place] == label]
        compare(f"first token, {name}", result["replies"]["positions"][0][name]["value"],
                np.mean([value[0] for value in chosen]))
        part = result["replies"][name]
        assert part["tokens"] == sum(map(len, chosen)), (part["tokens"], sum(map(len, chosen)))
        compare(f"all tokens, {name}", part["mean"]["value"], sum(map(sum, chosen)) / part["tokens"])
    for name, value in worst.items():
        print(f"{name:22} {value:.1e} {'ok' if value <= LIMIT else 'differs'}")
    sys.exit(any(value > LIMIT for value in worst.values()))


if __name__ == "__main__":
    main()
