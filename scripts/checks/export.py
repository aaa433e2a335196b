"""Checks that transformers loads what `plumb export` writes and gives plumb's logits and tokens.

    python scripts/checks/export.py [MODEL …]

Without models it exports the default one (GGUF), the tiny GGUF files and folders of Tests/Goldens, and a model with
an adapter merged, which is compared with PEFT's, unmerged.
"""

import os
import sys
import tempfile
import warnings

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, os.path.dirname(__file__))
from model_logits import ROOT, TEXTS, difference, plumb, plumb_logits

LIMIT = 1e-4
GOLDENS = os.path.join(ROOT, "Tests", "Goldens")


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def check(model, work, adapter=None):
    folder = os.path.join(work, str(len(os.listdir(work))))
    name = f"{model}+{adapter}" if adapter else model
    # What an adapter adds would be rounded to the model's own type.
    plumb("export", "--model", name, "--output", folder, *(["--dtype", "f32"] if adapter else []))
    found = plumb_logits(name)
    share = difference(found, load(folder))
    line = f"logits {share:.1e}"
    good = share <= LIMIT
    if adapter:
        share = difference(found, PeftModel.from_pretrained(load(model), adapter).eval())
        good &= share <= LIMIT
        line += f", against PEFT unmerged {share:.1e}"
    if os.path.exists(os.path.join(folder, "tokenizer.json")):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        wrong = sum(
            tokenizer(text).input_ids != list(ids) for text, (ids, _) in zip(TEXTS, found))
        good &= wrong == 0
        line += f", {wrong} of {len(TEXTS)} texts with other tokens"
    else:
        line += ", no tokenizer"
    print(f"{'ok  ' if good else 'FAIL'} {os.path.relpath(name, ROOT) if '/' in name else name}: {line}")
    return good


def main():
    warnings.simplefilter("ignore")
    models = sys.argv[1:]
    cases = [(model, None) for model in models]
    if not models:
        tiny = os.path.join(GOLDENS, "models")
        cases = [("smollm2", None)]
        for folder in sorted(os.listdir(tiny)):
            path = os.path.join(tiny, folder)
            if folder == "gguf":
                cases += [(os.path.join(path, file), None) for file in sorted(os.listdir(path)) if file.endswith(".gguf")]
            elif os.path.isdir(path):
                cases.append((path, None))
        cases.append((os.path.join(tiny, "qwen3"), os.path.join(GOLDENS, "adapters", "patterned")))
    with tempfile.TemporaryDirectory() as work:
        results = [check(model, work, adapter) for model, adapter in cases]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
