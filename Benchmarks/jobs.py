"""What the driver tells a peer and what comes back: a job file, a store with plumb's own names, a few seconds.

The driver calls `launch`; the peer, a process of its own, calls `Job.read`, works, and calls `finish`.
"""

import json
import pathlib
import sys
import tempfile
import time
from dataclasses import asdict, dataclass

import child
import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
MODEL = ROOT / ".models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS = ROOT / ".models" / "bench" / "smollm2"  # the folder of the peers that cannot read GGUF


@dataclass
class Job:
    model: str
    prompts: str  # JSONL with `text` and `ids`, as prepare.py writes it
    precision: str
    batch_sizes: list[int]  # each is timed; the store holds the last one's rows
    output: str
    result: str
    threads: int
    started: float  # wall clock just before the process was started

    @classmethod
    def read(cls):
        with open(sys.argv[1], encoding="utf-8") as file:
            return cls(**json.load(file))

    def lines(self):
        with open(self.prompts, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def finish(self, first_row_seconds, loop_seconds, activations):
        """`activations`: rows [prompt, width] by the site's name."""
        ids = [line["ids"] for line in self.lines()]
        with h5py.File(self.output, "w") as file:
            file["prompts/token_offset"] = np.cumsum([0, *map(len, ids)])
            file["tokens/id"] = np.concatenate(ids)
            for site, rows in activations.items():
                file[f"activations/{site}"] = rows
        with open(self.result, "w", encoding="utf-8") as file:
            json.dump({"first_row_seconds": first_row_seconds, "loop_seconds": loop_seconds}, file)


def prepare(prompts, limit, output):
    """Renders the first prompts into `output` and makes WEIGHTS of MODEL, if it is not there."""
    child.run([sys.executable, HERE / "prepare.py", "--model", MODEL, "--folder", WEIGHTS,
               "--prompts", prompts, "--limit", limit, "--output", output])


def launch(script, model, prompts, precision, batch_sizes, output, minutes=10, **environment):
    """Runs a peer. Seconds: `process_seconds` from start to exit, `first_row_seconds` from start to the first
    prompt's rows, `loop_seconds` by batch size."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(str(model), str(prompts), precision, list(batch_sizes), str(output),
                  f"{folder}/result.json", child.THREADS, time.time())
        path = pathlib.Path(folder, "job.json")
        path.write_text(json.dumps(asdict(job)), encoding="utf-8")
        done = child.run([sys.executable, HERE / script, path], minutes, **environment)
        result = json.loads(pathlib.Path(job.result).read_text(encoding="utf-8"))
    result["loop_seconds"] = {int(size): seconds for size, seconds in result["loop_seconds"].items()}
    return result | {"process_seconds": done.seconds, "peak_bytes": done.peak_bytes}
