"""Random GGUF blocks and what the gguf package decodes them to.

Writes NAME.blocks (raw bytes) and NAME.floats (little-endian float32) for every block type to
Tests/Goldens/gguf-blocks. The K types cannot be quantised in Python, so blocks are random bytes with
half-precision scales drawn from ordinary, extreme and subnormal values.
"""

import json
import pathlib

import gguf
import numpy as np

SEED = 20_240_611
# Byte offsets of the half-precision scales inside a block, and how many blocks to make.
TYPES = {
    "Q4_0": ([0], 24),
    "Q4_1": ([0, 2], 24),
    "Q5_0": ([0], 24),
    "Q5_1": ([0, 2], 24),
    "Q8_0": ([0], 24),
    "Q2_K": ([80, 82], 8),
    "Q3_K": ([108], 8),
    "Q4_K": ([0, 2], 8),
    "Q5_K": ([0, 2], 8),
    "Q6_K": ([208], 8),
    "F16": ([0], 256),
    "BF16": ([], 256),
}
EXTREME = np.array([65504, -65504, 6e-8, -6e-8, 6.1e-5, 0.0, -0.0, 1.0], dtype=np.float16)


def main() -> None:
    folder = pathlib.Path(__file__).parents[2] / "Tests/Goldens/gguf-blocks"
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    for name, (scales, count) in TYPES.items():
        kind = gguf.GGMLQuantizationType[name]
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = generator.integers(0, 256, size=(count, size), dtype=np.uint8)
        for place, offset in enumerate(scales):
            values = (generator.standard_normal(count) * 0.02).astype(np.float16)
            extremes = EXTREME[: count // 2]
            values[: len(extremes)] = np.roll(extremes, place)
            blocks[:, offset : offset + 2] = values.view(np.uint8).reshape(count, 2)
        if name == "BF16":
            halves = blocks.view("<u2")
            halves[(halves & 0x7F80) == 0x7F80] = 0x3F80
        floats = gguf.quants.dequantize(blocks, kind).astype("<f4")
        assert np.isfinite(floats).all(), name
        (folder / f"{name}.blocks").write_bytes(blocks.tobytes())
        (folder / f"{name}.floats").write_bytes(floats.tobytes())
    manifest = {"numpy": np.__version__, "seed": SEED, "types": list(TYPES)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
