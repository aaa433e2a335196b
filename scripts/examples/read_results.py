# Reads a store and its probes: python read_results.py store.h5 probes.safetensors
import sys

import h5py
import numpy
from safetensors.numpy import load_file

store = h5py.File(sys.argv[1])
probes = load_file(sys.argv[2])

for layer, activations in store["activations/resid_post"].items():
    print(layer, activations.shape, activations.dtype)

# Each prompt's last row, scored by the last layer's probe as plumb score does.
rows = numpy.flatnonzero(numpy.diff(store["rows/prompt"], append=-1))
probe = f"resid_post.{layer}.last"
scores = activations[:][rows] @ probes[f"{probe}.weight"] + probes[f"{probe}.bias"]
for label, score in zip(store["prompts/label"].asstr()[:4], scores):
    print(label, score)
