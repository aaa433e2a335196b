"""Makes Tests/Goldens/tuning: ten steps of torch.optim.AdamW, and the schedules of transformers.

    python scripts/goldens/tuning_optimizer.py
"""

import importlib.metadata
import json
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import get_scheduler

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDER = os.path.join(ROOT, "Tests", "Goldens", "tuning")
STEPS = 10
SHAPE = (5, 7)
# name -> learning rate, weight decay; the rate of step k is the schedule's
CASES = {"plain": (1e-2, 0.0), "decayed": (3e-3, 0.1)}
# course, warm-up, steps
SCHEDULES = [
    ("constant", 0, 12), ("constant", 4, 12), ("linear", 0, 12), ("linear", 3, 20),
    ("cosine", 0, 12), ("cosine", 5, 21), ("linear", 12, 12)]


def adamw(rate, decay, gradients, start):
    weights = torch.nn.Parameter(torch.tensor(start))
    optimizer = torch.optim.AdamW([weights], lr=rate, weight_decay=decay, foreach=False)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=2, num_training_steps=STEPS)
    found = []
    for gradient in gradients:
        weights.grad = torch.tensor(gradient)
        optimizer.step()
        scheduler.step()
        found.append(weights.detach().numpy().copy())
    return np.stack(found)


def shares(course, warm_up, steps):
    weights = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weights], lr=1.0)
    name = "constant_with_warmup" if course == "constant" else course
    scheduler = get_scheduler(
        name, optimizer, num_warmup_steps=warm_up, num_training_steps=steps)
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


def main():
    os.makedirs(FOLDER, exist_ok=True)
    numbers = np.random.default_rng(5)
    start = numbers.normal(size=SHAPE).astype(np.float32)
    # Gradients of very different sizes, zeros among them.
    gradients = (numbers.normal(size=(STEPS, *SHAPE)) * 10.0 ** numbers.integers(-6, 2, SHAPE))
    gradients = gradients.astype(np.float32)
    gradients[:, 0, 0] = 0
    tensors = {"start": start, "gradients": gradients}
    for name, (rate, decay) in CASES.items():
        tensors[f"{name}.weights"] = adamw(rate, decay, gradients, start)
    save_file(tensors, os.path.join(FOLDER, "adamw.safetensors"))
    schedules = [
        {"course": course, "warm_up": warm_up, "steps": steps, "shares": shares(course, warm_up, steps)}
        for course, warm_up, steps in SCHEDULES]
    versions = {name: importlib.metadata.version(name) for name in ("torch", "transformers")}
    with open(os.path.join(FOLDER, "schedules.json"), "w") as file:
        json.dump({"versions": versions, "schedules": schedules}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
