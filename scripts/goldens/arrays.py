"""Writes Tests/Goldens/arrays: small files of arrays as NumPy and safetensors write them.

stored.npz, deflated.npz   arrays of every type that is read, and one of several dimensions
streamed.npz               the same written to a pipe, so that sizes follow the data
*_order.npz, *.npz         what is refused: Fortran's and big-endian order, truth values, Python objects
import/                    activations of three layers with a description, tokens and roles, and rows

Value k of every array of floats is (k % 17 - 8) / 4, which all types hold exactly.

Run: python scripts/goldens/arrays.py
"""

import io
import json
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "arrays"
PROMPTS = 70
WIDTH = 6


def values(*shape):
    count = int(np.prod(shape))
    return ((np.arange(count) % 17 - 8) / 4).reshape(shape)


class Pipe(io.RawIOBase):
    """Somewhere to write to that cannot go back."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def seekable(self):
        return False

    def write(self, piece):
        self.bytes += piece
        return len(piece)


def arrays():
    made = {name: values(5, 7).astype(name) for name in ("float16", "float32", "float64")}
    made |= {name: np.arange(10).astype(name) for name in ("int32", "int64", "uint8")}
    made["deep"] = values(2, 3, 4).astype("float32")
    return made


def captured():
    """A folder to import: two positions of three layers, in two files and four types."""
    folder = OUT / "import"
    folder.mkdir(exist_ok=True)
    lines = []
    for index in range(PROMPTS):
        verb = "steal" if index % 2 else "bake"
        lines.append({"prompt": f"How do I {verb} item {index}?", "label": index % 2, "group": f"g{index // 2}"})
    (folder / "prompts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    layers = [values(PROMPTS, WIDTH) + layer for layer in range(3)]
    types = ["float32", "float64", "float16"]
    np.savez_compressed(
        folder / "last.npz", **{f"l{layer}": layers[layer].astype(types[layer]) for layer in range(3)})
    save_file(
        {f"m{layer}": -layers[layer].astype(ml_dtypes.bfloat16) for layer in range(3)}, folder / "mean.safetensors")

    def tensors(file, prefix, **more):
        return [
            {"file": file, "tensor": f"{prefix}{layer}", "site": "resid_post", "layer": layer, **more}
            for layer in range(3)
        ]

    common = {"model": "some/model", "prompts": "prompts.jsonl"}
    both = tensors("last.npz", "l", position="last") + tensors("mean.safetensors", "m", position="mean")
    (folder / "description.json").write_text(json.dumps({**common, "tensors": both}, indent=1) + "\n")

    # Prompts of 4 or 5 tokens: the beginning, two of the user's, one or two of the template.
    counts = [4 + index % 2 for index in range(PROMPTS)]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    roles = np.concatenate([[5, 2, 2] + [4] * (count - 3) for count in counts]).astype("uint8")
    ids = (np.arange(offsets[-1]) * 7 % 50).astype("int32")
    save_file({"ids": ids, "offsets": offsets, "roles": roles}, folder / "tokens.safetensors")
    places = np.array([[prompt, position] for prompt, count in enumerate(counts) for position in (-1, 2, count - 1)])
    rows = np.empty((3 * PROMPTS, WIDTH), "float32")
    rows[0::3], rows[1::3], rows[2::3] = -layers[1], 2 * layers[1], layers[1]
    np.savez(folder / "rows.npz", rows=rows, places=places)
    tokens = {"file": "tokens.safetensors", "ids": "ids", "offsets": "offsets", "roles": "roles", "tokenizer": "toy"}
    described = {
        **common, "tokens": tokens, "rows": {"file": "rows.npz", "tensor": "places"},
        "tensors": [{"file": "rows.npz", "tensor": "rows", "site": "resid_post", "layer": 1}],
    }
    (folder / "rows.json").write_text(json.dumps(described, indent=1) + "\n")


def main():
    OUT.mkdir(exist_ok=True)
    np.savez(OUT / "stored.npz", **arrays())
    np.savez_compressed(OUT / "deflated.npz", **arrays())
    pipe = Pipe()
    np.savez_compressed(pipe, **arrays())
    (OUT / "streamed.npz").write_bytes(bytes(pipe.bytes))
    np.savez(OUT / "fortran_order.npz", x=np.asfortranarray(values(5, 7)))
    np.savez(OUT / "big_endian_order.npz", x=values(5, 7).astype(">f4"))
    np.savez(OUT / "truth.npz", x=values(5, 7) > 0)
    np.savez(OUT / "objects.npz", x=np.array([{}], dtype=object))
    captured()


if __name__ == "__main__":
    main()
