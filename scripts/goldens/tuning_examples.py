"""Makes example results of tuning: Tests/Goldens/reports/{tuned,tuned-modules}/{result.json,log.jsonl}.

A few steps of .build/release/plumb on the default model: safety-aware probing with its noise floor and with held-out
examples, and modular rates with two groups of tensors. Times in the logs are of the machine that made them.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUMB = ROOT / ".build/release/plumb"
FOLDER = ROOT / "Tests/Goldens/reports"
MODEL = ROOT / ".models/SmolLM2-135M-Instruct.Q4_1.gguf"
STEPS, EXAMPLES, SAFETY = 30, 72, 24
ROBUST = [("v_proj", layer) for layer in range(10, 20)] + [("down_proj", layer) for layer in range(20, 30)]


def lines(path, count):
    """Whole lines spread over a file, with what a run reads of them."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    chosen = rows[:: len(rows) // count][:count]
    return "".join(json.dumps({key: row[key] for key in ("id", "prompt", "response")}) + "\n" for row in chosen)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "facts.jsonl").write_text(lines(ROOT / "data/tasks/everyday-facts.jsonl", EXAMPLES))
        (folder / "refusals.jsonl").write_text(lines(ROOT / "data/refusals.jsonl", SAFETY))
        (folder / "smollm2").symlink_to(MODEL)

        def tune(run, *choices):
            subprocess.run(
                [PLUMB, "tune", "--model", "smollm2", "--data", "facts.jsonl", "--held-out-share", "0.2",
                 "--steps", str(STEPS), "--batch-size", "2", "--evaluate-every", "5", "--warm-up", "3",
                 "--learning-rate", "2e-3", "--output", run, *choices],
                check=True, cwd=folder, stdout=subprocess.DEVNULL,
            )
            target = FOLDER / run
            target.mkdir(parents=True, exist_ok=True)
            for file in ("result.json", "log.jsonl"):
                shutil.copyfile(folder / run / file, target / file)

        tune("tuned", "--strategy", "sap", "--safety", "refusals.jsonl", "--pairs", "2", "--probe-report", "5",
             "--dropout", "0.1", "--clip", "4")
        digest = json.loads((folder / "tuned/result.json").read_text())["digests"]["model"]
        (folder / "robust.json").write_text(json.dumps(
            {"format": "plumbline-module-set", "schema": 1, "model": digest,
             "modules": [{"module": module, "layer": layer} for module, layer in ROBUST]}))
        tune("tuned-modules", "--strategy", "ml-lr", "--modules", "robust.json", "--share", "0.1")


if __name__ == "__main__":
    main()
