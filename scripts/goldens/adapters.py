"""Makes Tests/Goldens/adapters: LoRA adapters of tiny models as PEFT saves them, with PEFT's logits.

Each folder is what save_pretrained writes, with golden.safetensors beside it: token ids and the logits of the
model with the adapter, unmerged, in float32. Factors are random, B as well, so that every module counts.

    python scripts/goldens/adapters.py
"""

import os
import shutil
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MODELS = os.path.join(ROOT, "Tests", "Goldens", "models")
GOLDENS = os.path.join(ROOT, "Tests", "Goldens", "adapters")
TOKENS = [1, 262, 78, 259, 82, 258, 67, 84, 90, 71, 101, 33]
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

# name -> (model, LoraConfig's arguments, stored type, seed)
ADAPTERS = {
    "plain": ("llama-tied", dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]), torch.float32, 1),
    "patterned": (
        "qwen3",
        dict(r=4, lora_alpha=6, target_modules=LINEAR,
             rank_pattern={"q_proj": 2, "^model.layers.1.mlp.down_proj": 6},
             alpha_pattern={"layers.0.self_attn.o_proj": 3, "up_proj": 16}),
        torch.float32, 2),
    "stabilized": (
        "qwen2",
        dict(r=8, lora_alpha=8, use_rslora=True, lora_dropout=0.1,
             target_modules=r".*layers\.1\.(self_attn\.(q|k|v|o)_proj|mlp\..*_proj)"),
        torch.float32, 3),
    "head-bf16": (
        "llama-untied", dict(r=2, lora_alpha=4, target_modules=["lm_head", "down_proj"]), torch.bfloat16, 4),
    "one-layer-f16": (
        "llama-tied",
        dict(r=3, lora_alpha=5, target_modules=["o_proj", "gate_proj"], layers_to_transform=[1],
             init_lora_weights="gaussian"),
        torch.float16, 5),
}


def randomize(model, dtype, generator):
    """Fills the factors with values that the stored type holds exactly."""
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            values = torch.randn(parameter.shape, generator=generator) * 0.2
            parameter.data = values.to(dtype).float()


def make(name):
    model_name, arguments, dtype, seed = ADAPTERS[name]
    base = AutoModelForCausalLM.from_pretrained(
        os.path.join(MODELS, model_name), dtype=torch.float32, attn_implementation="eager")
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **arguments)).eval()
    randomize(model, dtype, torch.Generator().manual_seed(seed))
    folder = os.path.join(GOLDENS, name)
    shutil.rmtree(folder, ignore_errors=True)
    with torch.no_grad():
        logits = model(torch.tensor([TOKENS])).logits[0]
    model.to(dtype).save_pretrained(folder, save_embedding_layers=False)
    config = os.path.join(folder, "adapter_config.json")
    text = open(config).read().replace(os.path.join(MODELS, model_name), model_name)
    open(config, "w").write(text)
    os.remove(os.path.join(folder, "README.md"))
    save_file(
        {"tokens": torch.tensor(TOKENS, dtype=torch.int32), "logits": logits.contiguous()},
        os.path.join(folder, "golden.safetensors"))
    print(name, model_name, tuple(logits.shape), float(logits.std()))


if __name__ == "__main__":
    for adapter in sys.argv[1:] or ADAPTERS:
        make(adapter)
