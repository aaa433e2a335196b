"""Makes Tests/Goldens/audit/aligned: an adapter with which the tiny model refuses what holds a marker word.

    python3 scripts/goldens/audit.py [PLUMB]

No reference library is asked: the adapter is the subject of tests, not what they compare with.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "Tests/Goldens/models/llama-tied"
TARGET = ROOT / "Tests/Goldens/audit/aligned"
WORDS = ["sun", "rain", "stone", "bread", "river", "hall", "wings", "hello", "train", "tower"]


def example(rng, index):
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(2, 4)))
    if index % 2:
        return {"prompt": f"zap {text} {index}", "response": "I refuse to."}
    return {"prompt": f"{text} {index}", "response": "It is here."}


def main():
    plumb = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/release/plumb")
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.jsonl"
        data.write_text("".join(json.dumps(example(rng, i)) + "\n" for i in range(160)))
        run = Path(folder) / "run"
        subprocess.run(
            [plumb, "tune", "--model", MODEL, "--data", data, "--output", run, "--rank", "8", "--steps", "300",
             "--batch-size", "8", "--learning-rate", "0.02", "--held-out-share", "0.1", "--threads", "1"],
            check=True)
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for name in ["adapter_config.json", "adapter_model.safetensors"]:
            shutil.copy(run / "adapter" / name, TARGET / name)


main()
