"""Full parity of `plumb extract` with transformers: the residual stream at every position and layer.

    python scripts/compare_transformers.py --plumb .build/release/plumb --model FILE.gguf [--prompts FILE.jsonl]
    python scripts/compare_transformers.py --store X.h5 --model FILE.gguf      (a store made earlier)
    python scripts/compare_transformers.py --self-test

Runs plumb with --raw on the prompts, reads the token ids and activations back with h5py, gives the same
ids to transformers in float32 and prints, per layer, the worst relative RMS error over prompts (RMS of
the difference / RMS of the reference), and the worst of any single position: the first position of many
models is a hundred times larger than the others and would hide their errors in a prompt's RMS. Exit
code 1 if either exceeds the tolerance.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch

DECODER_TOLERANCE = 1e-4
PROMPTS = [
    "Hello",
    "The capital of France is",
    "Why is the sky blue, and why are sunsets red? Answer step by step.",
    "def mean(values):\n    return sum(values) / len(values)\n",
    "0 1 1 2 3 5 8 13 21 34 55 89 144, 3.14159265, 1,000,000",
    "Übersetze: naïve Façade, Ελληνικά, русский текст, 日本語の文章, العربية",
    "🙂🔥👩‍🚀 and \n\n\t white   space\u00a0",
    "Dear Sir or Madam,\n\nI am writing to complain about the noise.\n",
    "SELECT name, COUNT(*) FROM visits WHERE year >= 2020 GROUP BY name;",
    "नमस्ते दुनिया, สวัสดีชาวโลก, 안녕하세요",
    "no punctuation no capitals just words running on and on until the line ends",
    "The keeper counted the gulls before each storm and wrote the number in a ledger. " * 12,
]


class Mismatch(Exception):
    """The store is not what the contract says."""


def run_plumb(plumb, model, prompts, output, extra):
    command = [
        plumb, "extract", "--model", model, "--prompts", prompts, "--output", output,
        "--sites", "resid_post", "--positions", "all", "--raw", "--overwrite", *extra]
    print("$", " ".join(command), flush=True)
    environment = {
        key: value for key, value in os.environ.items()
        if key not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    subprocess.run(command, check=True, env=environment)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def read_store(path):
    """(ids of each prompt, {layer: rows of all prompts in order}), with the addresses checked."""
    with h5py.File(path, "r") as file:
        if text(file.attrs.get("format")) != "plumbline-activations":
            raise Mismatch(f"{path}: the attribute format is {file.attrs.get('format')!r}")
        offsets = file["prompts/token_offset"][:].astype(np.int64)
        ids = file["tokens/id"][:].astype(np.int64)
        if offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) <= 0).any():
            raise Mismatch(f"{path}: prompts/token_offset does not divide the {len(ids)} tokens")
        prompts = [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:])]
        rows = np.stack([file["rows/prompt"][:], file["rows/position"][:]], axis=1).astype(np.int64)
        expected = [(k, position) for k, own in enumerate(prompts) for position in range(len(own))]
        if not np.array_equal(rows, np.array(expected)):
            raise Mismatch(f"{path}: /rows is not every position of every prompt in order")
        layers = {
            int(name.removeprefix("layer_")): dataset[:].astype(np.float32)
            for name, dataset in file["activations/resid_post"].items()}
        for layer, values in layers.items():
            if values.shape[0] != len(ids) or not np.isfinite(values).all():
                raise Mismatch(f"{path}: layer {layer} has shape {values.shape} or values that are not finite")
    return prompts, dict(sorted(layers.items()))


def load_transformers(path):
    from transformers import AutoModelForCausalLM

    if os.path.isfile(path):
        where = {"pretrained_model_name_or_path": os.path.dirname(os.path.abspath(path)),
                 "gguf_file": os.path.basename(path)}
    else:
        where = {"pretrained_model_name_or_path": path}
    return AutoModelForCausalLM.from_pretrained(
        **where, dtype=torch.float32, attn_implementation="eager").eval()


def residuals(model, ids):
    """[layer][token, d_model]: each block's own output, before the final norm."""
    outputs, handles = [], []
    for block in model.model.layers:
        handles.append(block.register_forward_hook(
            lambda module, inputs, result: outputs.append(
                (result[0] if isinstance(result, tuple) else result)[0].numpy().copy())))
    with torch.no_grad():
        model.model(input_ids=torch.tensor([ids]), use_cache=False)
    for handle in handles:
        handle.remove()
    return outputs


def relative_rms(found, reference):
    """(of the whole prompt, of its worst single position)."""
    reference = reference.astype(np.float64)
    difference, size = (found - reference) ** 2, reference**2
    return (float(np.sqrt(difference.mean() / size.mean())),
            float(np.sqrt(difference.mean(axis=1) / size.mean(axis=1)).max()))


def compare(prompts, layers, model):
    """Per layer: worst relative RMS error of a prompt, of a position, and the prompt of the latter."""
    count = len(model.model.layers)
    if set(layers) != set(range(count)):
        raise Mismatch(f"the store has layers {sorted(layers)}, the model {count}")
    errors = {layer: [] for layer in layers}
    start = 0
    for k, ids in enumerate(prompts):
        for layer, reference in enumerate(residuals(model, ids)):
            found = layers[layer][start : start + len(ids)]
            if found.shape != reference.shape:
                raise Mismatch(f"rows of layer {layer} are {found.shape[1]} wide, not {reference.shape[1]}")
            errors[layer].append((*relative_rms(found, reference), k))
        start += len(ids)
    return {
        layer: (max(all_rows for all_rows, _, _ in of_layer), *max((row, k) for _, row, k in of_layer))
        for layer, of_layer in errors.items()}


def report(prompts, layers, model, tolerance):
    worst = compare(prompts, layers, model)
    print(f"{len(prompts)} prompts, {sum(map(len, prompts))} tokens, {len(worst)} layers")
    print("layer  worst prompt  worst position  in prompt     (relative RMS errors)")
    for layer, (prompt_error, row_error, prompt) in worst.items():
        print(f"{layer:5d}  {prompt_error:12.3e}  {row_error:14.3e}  {prompt:9d}")
    overall = [max(errors[n] for errors in worst.values()) for n in (0, 1)]
    passed = max(overall) <= tolerance
    print(f"overall: prompt {overall[0]:.3e}, position {overall[1]:.3e}, tolerance {tolerance:.0e}: "
          + ("equal" if passed else "DIFFERENT"))
    return 0 if passed else 1


def write_synthetic(path, prompts, rows):
    """A store as the contract describes it, holding given rows per layer."""
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "plumbline-activations"
        file.attrs["schema"] = 1
        offsets = np.cumsum([0, *map(len, prompts)])
        file["prompts/token_offset"] = offsets.astype(np.int64)
        file["tokens/id"] = np.concatenate(prompts).astype(np.int32)
        file["rows/prompt"] = np.repeat(np.arange(len(prompts)), np.diff(offsets)).astype(np.int64)
        file["rows/position"] = np.concatenate([np.arange(len(ids)) for ids in prompts]).astype(np.int64)
        for layer, values in enumerate(rows):
            file[f"activations/resid_post/layer_{layer:02d}"] = values


def self_test():
    """The comparison accepts what is equal and refuses a small error, shuffled rows and a missing layer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2,
        num_key_value_heads=1, attn_implementation="eager")).eval()
    prompts = [[5], [1, 2, 3, 4], [9, 8, 7, 6, 5, 4, 3]]
    own = [residuals(model, ids) for ids in prompts]
    rows = [np.concatenate([parts[layer] for parts in own]) for layer in range(3)]

    def outcome(change, tolerance=DECODER_TOLERANCE):
        changed = [values.copy() for values in rows]
        change(changed)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.h5")
            write_synthetic(path, prompts, changed)
            return report(*read_store(path), model, tolerance)

    def nudge(changed):
        changed[2][-7:] *= 1 + 2e-4

    def nudge_one_position(changed):
        changed[2][-1] *= 1 + 2e-4

    def shuffle(changed):
        changed[1][[2, 3]] = changed[1][[3, 2]]

    assert outcome(lambda changed: None) == 0
    assert outcome(lambda changed: changed[0].__imul__(1 + 2e-5)) == 0
    assert outcome(nudge) == 1
    assert outcome(nudge_one_position) == 1
    assert outcome(shuffle) == 1
    for bad in (lambda changed: changed.pop(), lambda changed: changed[0].fill(np.nan)):
        try:
            outcome(bad)
        except Mismatch as error:
            print("refused:", error)
        else:
            raise AssertionError("a bad store was accepted")
    print("self-test passed")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", help="the plumb executable")
    parser.add_argument("--model", help="GGUF file or HuggingFace folder")
    parser.add_argument("--prompts", help="JSONL with `prompt`; default: eight varied ones")
    parser.add_argument("--store", help="compare this store instead of running plumb")
    parser.add_argument("--tolerance", type=float, default=DECODER_TOLERANCE)
    parser.add_argument("--self-test", action="store_true", help="test this script on a synthetic store")
    parser.add_argument("extra", nargs="*", help="further arguments for plumb, after --")
    options = parser.parse_args()
    torch.set_num_threads(2)
    if options.self_test:
        return self_test()
    if not options.model or not (options.plumb or options.store):
        parser.error("--model and either --plumb or --store are needed")
    with tempfile.TemporaryDirectory() as folder:
        store, prompts = options.store, options.prompts
        if store is None:
            store = os.path.join(folder, "parity.h5")
            if prompts is None:
                prompts = os.path.join(folder, "prompts.jsonl")
                with open(prompts, "w", encoding="utf-8") as file:
                    file.writelines(json.dumps({"prompt": prompt}) + "\n" for prompt in PROMPTS)
            run_plumb(options.plumb, options.model, prompts, store, options.extra)
        try:
            return report(*read_store(store), load_transformers(options.model), options.tolerance)
        except Mismatch as error:
            print(f"error: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
