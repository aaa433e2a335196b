"""Prompt tokens per second: transformers at its best batch size, and plumb extract beside it.

    python scripts/bench_transformers.py --model FILE.gguf --prompts FILE.jsonl [--plumb PATH] [--rounds 3]

The job: the residual stream after every block at the last token of every chat prompt (JSONL with
`prompt`; the model's chat template with the opening of the answer), on disk as HDF5. Only real tokens
are counted, never padding.

What is timed favours transformers: for it only the loop over batches (padding, forward pass without the
language-model head, hooks), not the interpreter's start, loading, tokenizing or the HDF5 file; for plumb
the whole process from start to exit. With --plumb the two take turns and minima are compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

# An override for OpenBLAS would slow either side; neither must inherit one.
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
for override in OPENBLAS_OVERRIDES:
    os.environ.pop(override, None)

import h5py
import numpy as np
import torch

THREADS = 2
TOLERANCE = {"f32": 1e-4, "bf16": 5e-2}  # of a row's RMS; bf16 differs by its own rounding
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


class Transformers:
    def __init__(self, path, dtype, attention, padding):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if os.path.isfile(path):
            where = {"pretrained_model_name_or_path": os.path.dirname(os.path.abspath(path)),
                     "gguf_file": os.path.basename(path)}
        else:
            where = {"pretrained_model_name_or_path": path}
        self.tokenizer = AutoTokenizer.from_pretrained(**where)
        model = AutoModelForCausalLM.from_pretrained(
            **where, dtype=DTYPES[dtype], attn_implementation=attention).eval()
        self.decoder, self.padding = model.model, padding
        self.width, self.layers = model.config.hidden_size, model.config.num_hidden_layers

    def encode(self, prompts):
        texts = [
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False)
            for prompt in prompts]
        # The template writes the special tokens itself.
        return [self.tokenizer(text, add_special_tokens=False).input_ids for text in texts]

    def pad(self, batch):
        """(ids, mask, position ids, index of each last real token)."""
        longest = max(map(len, batch))
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, own in enumerate(batch):
            start = longest - len(own) if self.padding == "left" else 0
            ids[row, start : start + len(own)] = torch.tensor(own)
            mask[row, start : start + len(own)] = 1
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        last = mask.shape[1] - 1 - mask.flip(-1).argmax(-1)
        return ids, mask, positions, last

    def extract(self, prompts, batch_size):
        """([prompt, layer, d_model] in the order given, seconds of the loop)."""
        order = sorted(range(len(prompts)), key=lambda k: len(prompts[k]))
        result = np.empty((len(prompts), self.layers, self.width), np.float32)
        last, rows = [None], []

        def keep(module, inputs, output):
            hidden = output[0] if isinstance(output, tuple) else output
            rows.append(hidden[torch.arange(hidden.shape[0]), last[0]].float())

        handles = [block.register_forward_hook(keep) for block in self.decoder.layers]
        start = time.perf_counter()
        with torch.inference_mode():
            for first in range(0, len(order), batch_size):
                chosen = order[first : first + batch_size]
                ids, mask, positions, last[0] = self.pad([prompts[k] for k in chosen])
                rows.clear()
                self.decoder(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False)
                result[chosen] = torch.stack(rows, dim=1).numpy()
        seconds = time.perf_counter() - start
        for handle in handles:
            handle.remove()
        return result, seconds


def write_rows(path, rows):
    with h5py.File(path, "w") as file:
        for layer in range(rows.shape[1]):
            file[f"activations/resid_post/layer_{layer:02d}"] = rows[:, layer]


def worst_row(found, expected):
    """Largest relative RMS error of a single [prompt, layer] row."""
    expected = expected.astype(np.float64)
    return float(np.sqrt(((found - expected) ** 2).mean(-1) / (expected**2).mean(-1)).max())


def run_plumb(options, output):
    """Seconds from start to exit."""
    command = [
        options.plumb, "extract", "--model", options.plumb_model or options.model, "--prompts", options.prompts,
        "--output", output, "--sites", "resid_post", "--positions", "last",
        "--store", "f32", "--threads", str(THREADS), "--overwrite", *options.extra]
    environment = {key: value for key, value in os.environ.items() if key not in OPENBLAS_OVERRIDES}
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def check_plumb(path, prompts, reference, tolerance):
    """plumb saw the same tokens and found the same rows, or its speed means nothing."""
    with h5py.File(path, "r") as file:
        offsets, ids = file["prompts/token_offset"][:], file["tokens/id"][:]
        own = [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:])]
        if len(own) != len(prompts):
            raise SystemExit(f"error: plumb stored {len(own)} prompts of {len(prompts)}")
        differing = [k for k, (a, b) in enumerate(zip(own, prompts)) if a != b]
        if differing:
            raise SystemExit(f"error: plumb has other token ids for prompts {differing[:5]}")
        site = file["activations/resid_post"]
        rows = np.stack([site[name][:].astype(np.float32) for name in sorted(site)], axis=1)
    error = worst_row(rows, reference)
    print(f"plumb against transformers: worst row {error:.1e} of its RMS")
    if not error <= tolerance:
        raise SystemExit(f"error: that is more than {tolerance:.0e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="GGUF file or HuggingFace folder")
    parser.add_argument("--prompts", required=True, help="JSONL with `prompt`")
    parser.add_argument("--limit", type=int, default=512, help="at most so many prompts (without --plumb)")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 4, 8, 16, 32, 64])
    parser.add_argument("--rounds", type=int, default=3, help="best of so many runs")
    parser.add_argument("--dtype", choices=DTYPES, default="f32")
    parser.add_argument("--attention", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument("--padding", choices=("right", "left"), default="right")
    parser.add_argument("--plumb", help="the plumb executable")
    parser.add_argument("--plumb-model", help="the model as plumb is to take it, if not --model")
    parser.add_argument("--output", help="where transformers' rows go; default: a temporary file")
    parser.add_argument("extra", nargs="*", help="further arguments for plumb, after --")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)

    with open(options.prompts, encoding="utf-8") as file:
        texts = [json.loads(line)["prompt"] for line in file if line.strip()]
    if options.plumb and len(texts) > options.limit:
        parser.error(f"{options.prompts} has {len(texts)} prompts; plumb takes all, so raise --limit")
    peer = Transformers(options.model, options.dtype, options.attention, options.padding)
    prompts = peer.encode(texts[: options.limit])
    tokens = sum(map(len, prompts))
    print(f"{len(prompts)} prompts, {tokens} tokens (mean {tokens / len(prompts):.1f}, longest "
          f"{max(map(len, prompts))}); {options.dtype}, {options.attention}, {options.padding} padding, "
          f"{THREADS} threads, torch {torch.__version__}")

    # Padding must not show in the rows: the first prompts alone against a batch of all lengths.
    sample = prompts[:: max(1, len(prompts) // 8)][:8]
    alone, _ = peer.extract(sample, 1)
    together, _ = peer.extract(sample, len(sample))
    error, tolerance = worst_row(together, alone), TOLERANCE[options.dtype]
    print(f"padded batch against single prompts: worst row {error:.1e} of its RMS")
    if not error <= tolerance:
        raise SystemExit(f"error: padding changes the rows by more than {tolerance:.0e}")

    best, plumb_best = {}, None
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds):
            for size in options.batch_sizes:
                rows, seconds = peer.extract(prompts, size)
                best[size] = min(seconds, best.get(size, seconds))
                print(f"round {turn + 1}: transformers, batch {size:2d}: {seconds:7.2f} s, "
                      f"{tokens / seconds:7.1f} tokens/s", flush=True)
            if options.plumb:
                store = os.path.join(folder, "plumb.h5")
                seconds = run_plumb(options, store)
                plumb_best = min(seconds, plumb_best or seconds)
                print(f"round {turn + 1}: plumb, whole process: {seconds:7.2f} s, "
                      f"{tokens / seconds:7.1f} tokens/s", flush=True)
                if turn == 0:
                    check_plumb(store, prompts, rows, tolerance)
        write_rows(options.output or os.path.join(folder, "transformers.h5"), rows)

    print(f"\nminima of {options.rounds} rounds")
    for size, seconds in best.items():
        print(f"transformers, batch {size:2d}: {seconds:7.2f} s, {tokens / seconds:7.1f} tokens/s")
    size = min(best, key=best.get)
    if plumb_best:
        print(f"plumb, whole process:  {plumb_best:7.2f} s, {tokens / plumb_best:7.1f} tokens/s")
        print(f"plumb / transformers at its best (batch {size}): {best[size] / plumb_best:.2f} x. Favours "
              "transformers: its forward loop only, against plumb's whole process.")
    else:
        print(f"transformers at its best (batch {size}): {tokens / best[size]:.1f} tokens/s, forward loop only")
    return 0


if __name__ == "__main__":
    sys.exit(main())
