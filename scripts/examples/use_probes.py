# Loads a saved probe into scikit-learn and PyTorch: python use_probes.py probes.safetensors [NAME]
import json
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression

probes = load_file(sys.argv[1])
name = sys.argv[2] if len(sys.argv) > 2 else next(key for key in sorted(probes))[: -len(".bias")]

# scikit-learn
model = LogisticRegression()
model.coef_, model.intercept_ = probes[f"{name}.weight"][None], probes[f"{name}.bias"]
model.classes_ = numpy.array([0, 1])

# PyTorch
linear = torch.nn.Linear(probes[f"{name}.weight"].size, 1)
linear.weight.data = torch.from_numpy(probes[f"{name}.weight"])[None]
linear.bias.data = torch.from_numpy(probes[f"{name}.bias"])

# What a score means, of what, is in the metadata.
with safe_open(sys.argv[1], "numpy") as file:
    about = file.metadata()
described = json.loads(about[name])
print(described["operation"], described["site"], described["layer"], described["position"], described["unit"])

rows = numpy.random.default_rng(0).normal(size=(4, described["width"])).astype("float32")
ours = rows @ probes[f"{name}.weight"] + probes[f"{name}.bias"]
theirs = [model.decision_function(rows), linear(torch.from_numpy(rows)).detach().numpy()[:, 0]]
assert all(numpy.allclose(ours, scores, rtol=1e-4, atol=1e-4) for scores in theirs)
print("the same scores", ours)
