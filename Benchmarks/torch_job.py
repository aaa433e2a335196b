"""What every torch peer shares: batches and the timed loop.

A peer is a class: `Peer(folder, dtype)` loads the model, and `peer.rows(ids, last)` returns
[prompt, layer, d_model], the residual stream after every block at index `last` of each row of `ids`.

What is timed favours the peers: only the loop over batches, prompts sorted by length. Starting Python,
importing, loading the model, tokenizing, a first prompt to warm up and writing the HDF5 file are not in it.
Rows are padded on the right, where causal attention cannot see the padding, so no mask slows anybody down;
only real tokens are counted.
"""

import time

import numpy as np
import torch
from jobs import Job

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def pad(batch):
    """(ids [prompt, position], index of each prompt's last real token)."""
    ids = torch.zeros(len(batch), max(map(len, batch)), dtype=torch.long)
    for row, own in enumerate(batch):
        ids[row, : len(own)] = torch.tensor(own)
    return ids, torch.tensor([len(own) - 1 for own in batch])


def extract(peer, prompts, batch_size):
    """([prompt, layer, d_model] in the order given, seconds)."""
    order = sorted(range(len(prompts)), key=lambda k: len(prompts[k]))
    found = []
    start = time.perf_counter()
    for first in range(0, len(order), batch_size):
        found.append(peer.rows(*pad([prompts[k] for k in order[first : first + batch_size]])).float())
    rows = torch.cat(found).numpy()
    seconds = time.perf_counter() - start
    result = np.empty_like(rows)
    result[order] = rows
    return result, seconds


def run(peer_class):
    job = Job.read()
    prompts = [line["ids"] for line in job.lines()]
    torch.set_num_threads(job.threads)
    loop_seconds = {}
    with torch.inference_mode():
        peer = peer_class(job.model, DTYPES[job.precision])
        peer.rows(*pad(prompts[:1]))
        first_row_seconds = time.time() - job.started
        for size in job.batch_sizes:
            rows, loop_seconds[size] = extract(peer, prompts, size)
    layers = {f"resid_post/layer_{layer:02d}": rows[:, layer] for layer in range(rows.shape[1])}
    job.finish(first_row_seconds, loop_seconds, layers)
