"""Makes Tests/Goldens/tuning/steps.safetensors: the losses of ten AdamW steps of PyTorch and PEFT.

A tiny model is tuned with LoRA on all seven projections and in full: AdamW with decay on matrices alone,
clipping, a linear schedule with warm-up, and the mean loss over the targets of a step of two batches.

    python scripts/goldens/tuning_steps.py
"""

import os

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, get_scheduler

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MODEL = os.path.join(ROOT, "Tests", "Goldens", "models", "llama-tied")
OUTPUT = os.path.join(ROOT, "Tests", "Goldens", "tuning", "steps.safetensors")
STEPS, WARM_UP, BATCHES, PER_BATCH = 10, 3, 2, 3
RATES = {"lora": 5e-3, "full": 1e-3}
DECAY, CLIP, RANK, ALPHA = 0.05, 1.0, 2, 4
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def examples():
    """Ragged token sequences and the place from which their tokens carry loss."""
    generator = torch.Generator().manual_seed(9)
    count = BATCHES * PER_BATCH
    lengths = [5 + 3 * index for index in range(count)]
    return [
        (torch.randint(3, 250, (length,), generator=generator), 1 + length // 3)
        for length in lengths]


def model_of(kind):
    torch.manual_seed(4)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
    if kind == "full":
        return model
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=LINEAR))
    generator = torch.Generator().manual_seed(5)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            # B as well, so that every factor has a gradient from the first step on.
            parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
    return model


def losses(kind, data):
    model = model_of(kind).train()
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    start = {name: parameter.detach().clone() for name, parameter in trained}
    optimizer = torch.optim.AdamW([
        {"params": [p for _, p in trained if p.dim() > 1], "weight_decay": DECAY},
        {"params": [p for _, p in trained if p.dim() == 1], "weight_decay": 0.0}],
        lr=RATES[kind])
    scheduler = get_scheduler(
        "linear", optimizer, num_warmup_steps=WARM_UP, num_training_steps=STEPS)
    count = sum(len(ids) - first for ids, first in data)
    found = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        total = 0.0
        for ids, first in data:
            logits = model(ids[None]).logits[0]
            loss = torch.nn.functional.cross_entropy(
                logits[first - 1:-1], ids[first:], reduction="sum") / count
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_([p for _, p in trained], CLIP)
        optimizer.step()
        scheduler.step()
        found.append(total)
    return torch.tensor(found), start


def main():
    data = examples()
    tensors = {
        "lengths": torch.tensor([len(ids) for ids, _ in data], dtype=torch.int32),
        "first": torch.tensor([first for _, first in data], dtype=torch.int32),
        "ids": torch.cat([ids for ids, _ in data]).to(torch.int32)}
    for kind in RATES:
        tensors[f"{kind}.losses"], start = losses(kind, data)
        if kind == "lora":
            for name, values in start.items():
                short = name.removeprefix("base_model.model.").replace(".default", "")
                tensors[f"start/{short}"] = values.contiguous()
        print(kind, tensors[f"{kind}.losses"].tolist())
    save_file(tensors, OUTPUT)


if __name__ == "__main__":
    main()
