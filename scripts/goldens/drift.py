"""Writes Tests/Goldens/probes/drift.json: two tiny models compared by torch and scikit-learn in float64.

Before is models/llama-tied, after the same with adapters/plain. Prompts are random tokens, those of class 1 mostly of
one half of the vocabulary. What is compared is behind every layer at the last position: probes fitted on either model
and asked on both, the difference of class means, the change of every vector, and the divergence of the next token along
the greedy replies of the model before.

    python scripts/goldens/drift.py
"""

import json
import os

import numpy as np
import peft
import sklearn
import torch
import transformers
from peft import PeftModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from transformers import AutoModelForCausalLM

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDENS = os.path.join(ROOT, "Tests", "Goldens")
SEED, PROMPTS, TOKENS, FIRST, EARLY = 20261126, 64, 8, 3, 2


def prompts(rng):
    """Ids, labels and groups; whole groups are to fit on or to judge by."""
    found = []
    for index in range(PROMPTS):
        label, length = index % 2, int(rng.integers(3, 8))
        low, high = (0, 160) if label else (96, 256)
        found.append({
            "ids": rng.integers(low, high, length).tolist(), "label": label, "group": index // 4,
            "isTraining": index // 4 % 2 == 0})
    return found


def model(adapter=None):
    loaded = AutoModelForCausalLM.from_pretrained(
        os.path.join(GOLDENS, "models", "llama-tied"), dtype=torch.float64, attn_implementation="eager")
    if adapter:
        loaded = PeftModel.from_pretrained(loaded, os.path.join(GOLDENS, "adapters", adapter))
        loaded = loaded.double().merge_and_unload()
    return loaded.double().eval()


def streams(subject, ids):
    """What leaves each block at the last position."""
    seen = []
    handles = [
        block.register_forward_hook(
            lambda _, __, output: seen.append((output[0] if isinstance(output, tuple) else output)[0, -1]))
        for block in subject.model.layers]
    with torch.no_grad():
        subject(torch.tensor([ids]))
    for handle in handles:
        handle.remove()
    return torch.stack(seen).numpy()


def logits(subject, ids):
    with torch.no_grad():
        return subject(torch.tensor([ids])).logits[0].double()


def reply(subject, ids, end):
    """Greedy tokens, without the one that ends the reply, and whether one did."""
    found = []
    while len(found) < TOKENS:
        token = int(logits(subject, ids + found)[-1].argmax())
        if token in end:
            return found, True
        found.append(token)
    return found, False


def figures(probe, rows, labels):
    scores = probe.decision_function(rows)
    return {"auroc": roc_auc_score(labels, scores), "balancedAccuracy": balanced_accuracy_score(labels, scores > 0)}


def main():
    rng = np.random.default_rng(SEED)
    given = prompts(rng)
    before, after = model(), model("plain")
    labels = np.array([prompt["label"] for prompt in given])
    training = np.array([prompt["isTraining"] for prompt in given])
    rows = {
        name: np.stack([streams(subject, prompt["ids"]) for prompt in given], axis=1)
        for name, subject in [("before", before), ("after", after)]}
    layers = []
    for old, new in zip(rows["before"], rows["after"], strict=True):
        def fit(values):
            scaler = StandardScaler().fit(values[training])
            probe = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000)
            probe.fit(scaler.transform(values[training]), labels[training])
            return lambda rows: figures(probe, scaler.transform(rows[~training]), labels[~training])
        own, anew = fit(old), fit(new)
        one, other = (values[labels == 1].mean(0) - values[labels == 0].mean(0) for values in (old, new))
        change = np.linalg.norm(new - old, axis=1) / np.linalg.norm(old, axis=1)
        layers.append({
            "before": own(old), "frozen": own(new), "refitted": anew(new), "back": anew(old),
            "cosine": float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)),
            "normBefore": float(np.linalg.norm(one)), "normAfter": float(np.linalg.norm(other)),
            "harmful": float(change[labels == 1].mean()), "harmless": float(change[labels == 0].mean())})

    asked = [prompt for prompt in given if not prompt["isTraining"]]
    # The token that most replies have early on ends them, so that some are short.
    free = [reply(before, prompt["ids"], set())[0] for prompt in asked]
    early = [token for ids in free for token in ids[EARLY:EARLY + 2]]
    end = max(sorted(set(early)), key=early.count)
    replies = []
    for prompt in asked:
        ids, has_ended = reply(before, prompt["ids"], {end})
        count = len(ids) + has_ended
        text, start = prompt["ids"] + ids[:count - 1], len(prompt["ids"]) - 1
        p, q = (torch.log_softmax(logits(subject, text)[start:start + count], -1) for subject in (before, after))
        replies.append({"ids": ids, "divergences": (p.exp() * (p - q)).sum(-1).tolist()})

    def part(chosen):
        values = [reply["divergences"] for reply, prompt in zip(replies, asked, strict=True) if prompt["label"] in chosen]
        total, tokens = sum(map(sum, values)), sum(map(len, values))
        return {
            "tokens": tokens, "mean": total / tokens, "firstShare": sum(sum(v[:FIRST]) for v in values) / total,
            "evenShare": sum(len(v[:FIRST]) for v in values) / tokens}

    content = {
        "made_with": {
            "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
            "scikit-learn": sklearn.__version__, "numpy": np.__version__, "seed": SEED},
        "tokens": TOKENS, "firstTokens": FIRST, "endOfSequence": end, "prompts": given, "layers": layers,
        "replies": replies, "all": part({0, 1}), "harmful": part({1}), "harmless": part({0})}
    with open(os.path.join(GOLDENS, "probes", "drift.json"), "w", encoding="utf-8") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
