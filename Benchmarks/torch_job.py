"""What every torch peer shares: batches, the timed loop, the HDF5 file.

A peer is a class: `Peer(folder, dtype)` loads the model, and `peer.rows(ids, last)` returns
[prompt, layer, d_model], the residual stream after every block at index `last` of each row of `ids`.

What is timed favours the peers: only the loop over batches, prompts sorted by length. Starting Python,
importing, loading the model, tokenizing, a first prompt to warm up and writing the HDF5 file are not in it.
Rows are padded on the right, where causal attention cannot see the padding, so no mask slows anybody down;
only real tokens are counted.
"""

import json
import sys
import time

import h5py
import numpy as np
import torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def pad(batch):
    """(ids [prompt, position], index of each prompt's last real token)."""
    ids = torch.zeros(len(batch), max(map(len, batch)), dtype=torch.long)
    for row, own in enumerate(batch):
        ids[row, : len(own)] = torch.tensor(own)
    return ids, torch.tensor([len(own) - 1 for own in batch])


def extract(peer, prompts, batch_size):
    """([layer, prompt, d_model] in the order given, seconds)."""
    order = sorted(range(len(prompts)), key=lambda k: len(prompts[k]))
    found = []
    start = time.perf_counter()
    for first in range(0, len(order), batch_size):
        found.append(peer.rows(*pad([prompts[k] for k in order[first : first + batch_size]])).float())
    rows = torch.cat(found).numpy()
    seconds = time.perf_counter() - start
    result = np.empty_like(rows)
    result[order] = rows
    return result.swapaxes(0, 1), seconds


def write(path, prompts, layers):
    """The store's own names, so that one reader reads both."""
    with h5py.File(path, "w") as file:
        file["prompts/token_offset"] = np.cumsum([0, *map(len, prompts)])
        file["tokens/id"] = np.concatenate(prompts)
        for index, rows in enumerate(layers):
            file[f"activations/resid_post/layer_{index:02d}"] = rows


def run(peer_class):
    """Does the job whose description is the file named on the command line."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    with open(job["prompts"], encoding="utf-8") as file:
        prompts = [json.loads(line)["ids"] for line in file]
    torch.set_num_threads(job["threads"])

    with torch.inference_mode():
        peer = peer_class(job["model"], DTYPES[job["dtype"]])
        peer.rows(*pad(prompts[:1]))
        result = {"first_row_seconds": time.time() - job["started"], "loop_seconds": {}}
        for size in job["batch_sizes"]:
            layers, result["loop_seconds"][size] = extract(peer, prompts, size)
    write(job["output"], prompts, layers)
    with open(job["result"], "w", encoding="utf-8") as file:
        json.dump(result, file)
