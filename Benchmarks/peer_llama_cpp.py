"""llama.cpp through llama-cpp-python: plain prompt evaluation, an upper bound on what it could capture.

Its Python class gives no activations of single layers (the C library's evaluation callback could, at a cost),
so it does not do the job: it evaluates the same prompts and returns one embedding per prompt, the final norm's
output at the last token. Batch size here is in tokens (n_batch and n_ubatch).
"""

import time

import numpy as np
from jobs import Job
from llama_cpp import GGML_TYPE_F16, GGML_TYPE_F32, LLAMA_POOLING_TYPE_LAST, Llama


class Embedder(Llama):
    def tokenize(self, text, add_bos=False, special=True):
        """`embed` would add a BOS of its own and take the template's special tokens for text."""
        return super().tokenize(text, add_bos=False, special=True)


def load(job, batch_size):
    # Its usual 16-bit keys and values would make float32 rows differ by more than float32 does.
    cache = GGML_TYPE_F32 if job.precision == "f32" else GGML_TYPE_F16
    return Embedder(
        job.model, embedding=True, pooling_type=LLAMA_POOLING_TYPE_LAST, n_ctx=batch_size, n_batch=batch_size,
        n_ubatch=batch_size, n_threads=job.threads, n_threads_batch=job.threads, type_k=cache, type_v=cache,
        verbose=False)


def main():
    job = Job.read()
    lines = job.lines()
    texts = [line["text"] for line in lines]
    first_row_seconds, loop_seconds = None, {}
    for size in job.batch_sizes:
        model = load(job, size)
        if any(model.tokenize(line["text"].encode()) != line["ids"] for line in lines):
            raise SystemExit("llama.cpp has other token ids")
        model.embed(texts[:1])
        first_row_seconds = first_row_seconds or time.time() - job.started
        start = time.perf_counter()
        rows = model.embed(texts)
        loop_seconds[size] = time.perf_counter() - start
    job.finish(first_row_seconds, loop_seconds, {"ln_final.out": np.array(rows, np.float32)})


if __name__ == "__main__":
    main()
