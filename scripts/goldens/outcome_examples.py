"""Makes example results of several classes and of numbers: Tests/Goldens/reports/{classes,numbers}/result.json.

Rows of a seeded generator are imported and probed by .build/release/plumb: what is known of them is that a class has a
direction and a number a line, both stronger in later layers, and that some words give a little of either away.
"""

import json
import math
import random
import struct
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUMB = ROOT / ".build/release/plumb"
FOLDER = ROOT / "Tests/Goldens/reports"
CLASSES = ["cooking", "sports", "travel"]
LAYERS, WIDTH, PROMPTS, GROUPS = 6, 8, 150, 30
POSITIONS = {"last": 1.0, "mean": 0.6}
WORDS = ["what", "how", "when", "best", "way", "long", "much", "many", "first", "next", "last", "good"]
HINTS = {"cooking": "oven", "sports": "team", "travel": "train"}


def prompts(rng):
    rows = []
    for index in range(PROMPTS):
        kind = CLASSES[index % 3]
        size = round(rng.gauss(20, 6), 2)
        words = [rng.choice(WORDS) for _ in range(4 + int(max(0, size + rng.gauss(0, 9)) / 8))]
        if rng.random() < 0.3:
            words[0] = HINTS[kind]
        rows.append(
            {"id": f"p{index}", "prompt": " ".join(words) + f" {index}", "topic": kind, "minutes": str(size),
             "group": f"g{index // (PROMPTS // GROUPS)}"}
        )
    return rows


def activations(rng, rows, layer, share):
    """Row-major floats, [prompt, width]: a class moves a component of its own, the number two others."""
    rise = share / (1 + math.exp(-(layer - 2) / 0.7))
    values = []
    for row in rows:
        for column in range(WIDTH):
            value = rng.gauss(0, 1)
            if column == CLASSES.index(row["topic"]):
                value += 2.2 * rise
            if column in (4, 5):
                value += rise * (float(row["minutes"]) - 20) / 6
            values.append(value)
    return values


def safetensors(tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        bytes_ = struct.pack(f"<{len(values)}f", *values)
        header[name] = {
            "dtype": "F32", "shape": [PROMPTS, WIDTH], "data_offsets": [len(data), len(data) + len(bytes_)],
        }
        data += bytes_
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def main():
    rng = random.Random(20)
    rows = prompts(rng)
    tensors, places = {}, []
    for position, share in POSITIONS.items():
        for layer in range(LAYERS):
            name = f"{position}.{layer}"
            tensors[name] = activations(rng, rows, layer, share)
            places.append({"file": "rows.safetensors", "tensor": name, "site": "resid_post", "layer": layer,
                           "position": position})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "rows.safetensors").write_bytes(safetensors(tensors))
        description = {"model": "example", "prompts": "prompts.jsonl", "tensors": places}
        (folder / "description.json").write_text(json.dumps(description))
        run = lambda *arguments: subprocess.run([PLUMB, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        run("import", "description.json", "--output", "store.h5")
        for example, column in [("classes", "topic"), ("numbers", "minutes")]:
            run("probe", "store.h5", "--label", column, "--output", example)
            target = FOLDER / example
            target.mkdir(parents=True, exist_ok=True)
            (target / "result.json").write_bytes((folder / example / "result.json").read_bytes())


if __name__ == "__main__":
    main()
