"""Checks `plumb layers direction` and `plumb layers patch` against hooks on transformers, in float32.

    plumb layers direction --model FOLDER+ADAPTER --prompts data/safety-pairs.jsonl --output D
    plumb layers patch --model FOLDER+ADAPTER --prompts data/safety-pairs.jsonl --direction D/add.safetensors --output P
    python scripts/checks/layers_direction.py --model FOLDER --adapter ADAPTER --prompts data/safety-pairs.jsonl \
        --direction D --patch P

Compared are the lengths of all candidates, the chosen vector and its cosines with the other candidates of its
position, bypass, induce and KL of some candidates, what two modules write along the direction, and the shares of
one row of the patching map. Which prompts were used is read from result.json; everything else is computed anew.
"""

import argparse
import json
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

LIMIT = 1e-4
FLOOR = 1e-8


def load(folder, adapter):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    return model.eval()


def read_prompts(path, tokenizer, prefix):
    rows = [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]
    rows = [row for row in rows if row.get("label") is not None]
    texts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": row["prompt"]}], add_generation_prompt=True, tokenize=False)
        for row in rows
    ]
    return [tokenizer(text, add_special_tokens=False).input_ids + prefix for text in texts]


class Hooks:
    """Hooks for the length of a with statement."""

    def __init__(self):
        self.handles = []

    def before(self, module, change):
        def hook(_, args, kwargs):
            if args:
                return (change(args[0]),) + args[1:], kwargs
            return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

        self.handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))

    def after(self, module, change):
        def hook(_, __, output):
            if isinstance(output, tuple):
                return (change(output[0]),) + output[1:]
            return change(output)

        self.handles.append(module.register_forward_hook(hook))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()


def site(hooks, model, layer, name, change):
    block = model.model.layers[layer]
    if name == "resid_pre":
        hooks.before(block, change)
    else:
        hooks.after(block.self_attn if name == "attn_out" else block.mlp, change)


@torch.no_grad()
def last_logits(model, ids, hooks=None):
    return model(torch.tensor([ids]), use_cache=False).logits[0, -1].double()


def log_odds(logits, tokens):
    q = torch.softmax(logits, -1)[tokens].sum().item()
    return torch.log(torch.tensor(max(q, FLOOR), dtype=torch.float64)).item() - torch.log(
        torch.tensor(max(1 - q, FLOOR), dtype=torch.float64)).item()


def mean(values):
    return sum(values) / len(values)


@torch.no_grad()
def tail_means(model, prompts, indices, count):
    """Means of what enters every block at the last positions, `[layer, position, width]`, in float64."""
    total = 0
    for index in indices:
        states = model(torch.tensor([prompts[index]]), output_hidden_states=True, use_cache=False).hidden_states
        total = total + torch.stack([state[0, -count:].double() for state in states[:-1]])
    return total / len(indices)


def scores(model, prompts, sample, tokens, vector, layer):
    unit = (vector / vector.norm()).float()
    project = lambda x: x - (x @ unit)[..., None] * unit
    bypass, induce, divergence = [], [], []
    with Hooks() as hooks:
        for l in range(len(model.model.layers)):
            for name in ["resid_pre", "attn_out", "mlp_out"]:
                site(hooks, model, l, name, project)
        bypass = [log_odds(last_logits(model, prompts[i]), tokens) for i in sample["positives"]]
        ablated = [last_logits(model, prompts[i]) for i in sample["negatives"]]
    with Hooks() as hooks:
        site(hooks, model, layer, "resid_pre", lambda x: x + vector.float())
        induce = [log_odds(last_logits(model, prompts[i]), tokens) for i in sample["negatives"]]
    for i, after in zip(sample["negatives"], ablated):
        before = torch.log_softmax(last_logits(model, prompts[i]), -1)
        divergence.append((before.exp() * (before - torch.log_softmax(after, -1))).sum().item())
    return mean(bypass), mean(induce), mean(divergence)


@torch.no_grad()
def row_at(model, ids, layer, name, offset):
    found = []

    def look(x):
        found.append(x[0, offset].clone())
        return x

    with Hooks() as hooks:
        site(hooks, model, layer, name, look)
        model(torch.tensor([ids]), use_cache=False)
    return found[0]


def patched(model, base, donor, layer, name, offset, tokens):
    value = row_at(model, donor, layer, name, offset)

    def change(x):
        x = x.clone()
        x[0, offset] = value
        return x

    with Hooks() as hooks:
        site(hooks, model, layer, name, change)
        return log_odds(last_logits(model, base), tokens)


class Verdict:
    def __init__(self):
        self.worst = 0

    def compare(self, what, found, expected, scale=None):
        allowed = LIMIT * max(abs(expected), scale or 1)
        error = abs(found - expected) / max(abs(expected), scale or 1)
        self.worst = max(self.worst, error)
        flag = "" if abs(found - expected) <= allowed else "  DIFFERS"
        print(f"{what:54} {found:12.6f} {expected:12.6f}  {error:.1e}{flag}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--prompts", required=True)
    parser.add_argument("--direction", required=True)
    parser.add_argument("--patch")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model = load(arguments.model, arguments.adapter)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    result = json.load(open(f"{arguments.direction}/result.json"))["result"]["direction"]
    tokens = result["opening"]["tokens"]["ids"]
    prompts = read_prompts(arguments.prompts, tokenizer, result["opening"]["prefix"])
    samples = {sample["part"]: sample for sample in result["samples"]}
    count = len(result["positions"])
    verdict = Verdict()
    print(f"{'':54} {'plumb':>12} {'torch':>12}  error")

    train = samples["train"]
    difference = tail_means(model, prompts, train["positives"], count) - tail_means(
        model, prompts, train["negatives"], count)
    for candidate in result["candidates"]:
        place = result["positions"].index(candidate["position"])
        norm = difference[candidate["layer"], place].norm().item()
        if candidate["layer"] % 6 == 1 or abs(candidate["norm"] - norm) > LIMIT * max(norm, 1):
            verdict.compare(f"length, layer {candidate['layer']}, {candidate['position']}", candidate["norm"], norm)

    chosen = result["outcome"].get("chosen", {}).get("_0")
    if chosen:
        layer, place = chosen["layer"], result["positions"].index(chosen["position"])
        vector = difference[layer, place]
        stored = load_file(f"{arguments.direction}/add.safetensors")["vector"].double()
        verdict.compare("largest difference of a component of the vector, share", (
            (stored - vector).abs().max() / vector.abs().max()).item(), 0)
        for other in range(2, len(difference), 7):
            one = torch.nn.functional.cosine_similarity(stored, difference[other, place], dim=0).item()
            two = torch.nn.functional.cosine_similarity(vector, difference[other, place], dim=0).item()
            verdict.compare(f"cosine with the candidate of layer {other}", one, two)
    else:
        layer, place = len(difference) // 2, count - 1

    grid = {(c["layer"], c["position"]): c for c in result["candidates"]}
    some = [(layer, place), (max(layer - 5, 1), place), (layer, 0)]
    for l, p in dict.fromkeys(some):
        name = result["positions"][p]
        own = grid[(l, name)]["scores"]
        found = scores(model, prompts, samples["dev"], tokens, difference[l, p], l)
        for what, key, value in zip(["bypass", "induce", "KL"], ["bypassed", "induced", "divergence"], found):
            verdict.compare(f"{what}, layer {l}, {name}", own[key]["value"], value)

    if arguments.patch:
        report = json.load(open(f"{arguments.patch}/result.json"))["result"]
        patch = report["map"]
        best = max(
            (cell for cell in patch["cells"] if cell["site"] != "resid_pre"),
            key=lambda cell: cell["denoise"]["share"]["value"])
        offset = patch["positions"].index(best["position"]) - len(patch["positions"])
        pairs = patch["used_pairs"]
        base = [[log_odds(last_logits(model, prompts[i]), tokens) for i in pair] for pair in pairs]
        for l, name in [(best["layer"], best["site"]), (best["layer"], "resid_pre")]:
            denoise, noise = [], []
            for (x, y), (of_x, of_y) in zip(pairs, base):
                moved = patched(model, prompts[y], prompts[x], l, name, offset, tokens)
                denoise.append((moved - of_y) / (of_x - of_y))
                moved = patched(model, prompts[x], prompts[y], l, name, offset, tokens)
                noise.append((moved - of_x) / (of_y - of_x))
            cell = next(c for c in patch["cells"] if (c["layer"], c["site"], c["position"]) == (l, name, best["position"]))
            where = f"{name}, layer {l}, {best['position']}"
            verdict.compare(f"denoise, {where}", cell["denoise"]["share"]["value"], mean(denoise))
            verdict.compare(f"noise, {where}", cell["noise"]["share"]["value"], mean(noise))

    print(f"largest error {verdict.worst:.1e}, allowed {LIMIT:.0e}")
    sys.exit(verdict.worst > LIMIT)


if __name__ == "__main__":
    main()
