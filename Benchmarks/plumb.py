"""One run of `plumb extract`: which options this build has, seconds, peak memory, the manifest's timings."""

import json
import pathlib
from dataclasses import dataclass, field

import child


@dataclass
class Extraction:
    seconds: float  # from start to exit
    peak_bytes: int
    tokens: int
    timings: dict = field(default_factory=dict)  # seconds by name; empty where this build records none

    @property
    def compute_seconds(self):
        """Start-up and finishing excluded where that is recorded, else the whole process."""
        return self.timings.get("compute_seconds", self.seconds)


class Plumb:
    def __init__(self, path):
        self.path = path
        self.help = child.run([path, "extract", "--help"]).output
        self.version = child.run([path, "--version"]).output.strip()

    def has(self, option):
        return option in self.help

    def extract(self, model, prompts, output, *options, minutes=10):
        """The residual stream after every block at the last token, float32, into `output`."""
        done = child.run(
            [self.path, "extract", "--model", model, "--prompts", prompts, "--output", output,
             "--sites", "resid_post", "--positions", "last", "--store", "f32", "--threads", child.THREADS,
             "--overwrite", *options], minutes)
        manifest = json.loads(pathlib.Path(output).with_suffix(".manifest.json").read_text(encoding="utf-8"))
        return Extraction(
            done.seconds, done.peak_bytes, manifest["counts"]["tokens"], manifest.get("timings", {}))
