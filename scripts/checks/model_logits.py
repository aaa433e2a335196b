"""What the checks of adapters and exported models share: logits of plumb and of PyTorch on the same tokens."""

import json
import os
import subprocess
import tempfile

import h5py
import numpy as np
import torch

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PLUMB = os.path.join(ROOT, ".build", "release", "plumb")
TEXTS = ["The weather in the north is cold.", "def f(x):\n  return 42 * x", "naïve café, 7 wings"]


def plumb(*arguments):
    """Runs a command and gives its output."""
    return subprocess.run([PLUMB, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def plumb_logits(model):
    """Token ids and logits of each text, from an extraction."""
    with tempfile.TemporaryDirectory() as folder:
        prompts, store = os.path.join(folder, "p.jsonl"), os.path.join(folder, "l.h5")
        with open(prompts, "w") as file:
            for text in TEXTS:
                file.write(json.dumps({"prompt": text}) + "\n")
        plumb("extract", "--model", model, "--prompts", prompts, "--output", store, "--sites", "logits",
              "--positions", "all", "--raw")
        with h5py.File(store) as file:
            ids, offsets = file["tokens/id"][:], file["prompts/token_offset"][:]
            logits = file["activations/logits"][:]
    return [(ids[a:b], logits[a:b]) for a, b in zip(offsets, offsets[1:])]


def difference(found, model):
    """The RMS of the difference to PyTorch's logits, as a share of theirs; the worst text's."""
    worst = 0.0
    for ids, logits in found:
        with torch.no_grad():
            expected = model(torch.tensor(ids[None].astype(np.int64))).logits[0].float().numpy()
        worst = max(worst, float(np.sqrt(((logits - expected) ** 2).mean() / (expected ** 2).mean())))
    return worst
