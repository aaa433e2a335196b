"""Checks adapters against PEFT: we load PEFT's, PEFT loads ours, and both give the same logits.

    python scripts/checks/adapters.py [--model FOLDER]

For every configuration PEFT makes an adapter with random factors; its logits, unmerged, are compared with those of
`plumb extract --model M+ADAPTER`. `plumb blend --weight 0.5` writes an adapter of ours, which PEFT loads without
missing or unexpected keys. The model is the default one, exported, unless another folder is named.
"""

import argparse
import os
import sys
import tempfile
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

sys.path.insert(0, os.path.dirname(__file__))
from model_logits import difference, plumb, plumb_logits

LIMIT = 1e-4
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CONFIGURATIONS = {
    "all modules, r 8": dict(r=8, lora_alpha=16, target_modules=LINEAR),
    "all-linear": dict(r=4, lora_alpha=8, target_modules="all-linear"),
    "rank and alpha patterns": dict(
        r=4, lora_alpha=6, target_modules=LINEAR,
        rank_pattern={"q_proj": 2, "^model.layers.1.mlp.down_proj": 6}, alpha_pattern={"up_proj": 16}),
    "rank stabilized": dict(r=8, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "v_proj"]),
    "regular expression": dict(
        r=4, lora_alpha=8, target_modules=r".*layers\.[01]\.(self_attn\.(q|k)_proj|mlp\..*_proj)"),
    "some layers": dict(r=4, lora_alpha=8, target_modules=["o_proj"], layers_to_transform=[0, 1]),
    "orthogonal start": dict(r=4, lora_alpha=8, target_modules=["q_proj"], init_lora_weights="orthogonal"),
}


def base(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.03


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    failed = False
    with tempfile.TemporaryDirectory() as work:
        folder = options.model
        if folder is None:
            folder = os.path.join(work, "model")
            plumb("export", "--model", "smollm2", "--output", folder)
        for seed, (name, arguments) in enumerate(CONFIGURATIONS.items()):
            theirs, ours = os.path.join(work, f"theirs{seed}"), os.path.join(work, f"ours{seed}")
            model = get_peft_model(base(folder), LoraConfig(task_type="CAUSAL_LM", **arguments)).eval()
            randomize(model, seed)
            model.save_pretrained(theirs)
            read = difference(plumb_logits(f"{folder}+{theirs}"), model)
            plumb("blend", "--adapter", theirs, "--weight", "0.5", "--output", ours)
            model = PeftModel.from_pretrained(base(folder), ours).eval()
            keys = model.load_adapter(ours, "again")
            unmatched = [key for key in keys.missing_keys if "again" in key] + keys.unexpected_keys
            model.set_adapter("default")
            written = difference(plumb_logits(f"{folder}+{theirs}@0.5"), model)
            good = read <= LIMIT and written <= LIMIT and not unmatched
            failed |= not good
            print(f"{'ok  ' if good else 'FAIL'} {name}: we load PEFT's {read:.1e}, PEFT loads ours {written:.1e}, "
                  f"{len(unmatched)} keys unmatched")
    sys.exit(failed)


if __name__ == "__main__":
    main()
