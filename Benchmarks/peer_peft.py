"""PEFT's LoRA doing the steps of tuning.py: forward, backward, AdamW, on batches of token ids and loss masks.

    python Benchmarks/peer_peft.py JOB.json

What is timed favours the peer: only the steps, after a first one to warm up; the batch is ready as tensors of equal
length, so nothing is padded and no mask slows anybody down. Loss as transformers computes it.
"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[job["precision"]]
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=dtype)
    model = get_peft_model(
        model, LoraConfig(r=8, lora_alpha=16, target_modules=MODULES), autocast_adapter_dtype=job["adapters_f32"])
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0)
    ids = torch.tensor(job["ids"])
    labels = torch.where(torch.tensor(job["carries_loss"]), ids, -100)
    seconds, losses = [], []
    for _ in range(job["steps"] + 1):
        start = time.perf_counter()
        loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with open(job["result"], "w", encoding="utf-8") as file:
        json.dump({"seconds": min(seconds[1:]), "losses": losses, "peak_bytes": peak}, file)


if __name__ == "__main__":
    main()
