"""Makes Tests/Goldens/models/*/gradients.safetensors: derivatives of a weighted loss of two short sequences.

For tiny models of every family, made by models.py: the derivative by every parameter, by every factor of
PEFT adapters on all seven projections, and at every site, from transformers and PEFT in float32. Of large
tensors every k-th value is kept, and the norm of all.

    python scripts/goldens/gradients.py
"""

import os

import numpy as np
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.numpy import save_file

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDENS = os.path.join(ROOT, "Tests", "Goldens", "models")
MODELS = ["llama-tied", "llama-untied", "llama-biased", "llama-rope-llama3", "mistral", "qwen2", "qwen3"]
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LENGTHS = [7, 11]
KEPT = 160


def sample(values):
    """Every k-th value, k odd so that no column is favoured, and the norm of all."""
    flat = values.detach().float().numpy().reshape(-1)
    step = -(-len(flat) // KEPT) | 1
    norm = np.sqrt(np.sum(flat.astype(np.float64) ** 2))
    return np.concatenate([[norm], flat[::step]]).astype(np.float32)


def load(name):
    return transformers.AutoModelForCausalLM.from_pretrained(
        os.path.join(GOLDENS, name), dtype=torch.float32, attn_implementation="eager").eval()


def batch(vocabulary):
    generator = torch.Generator().manual_seed(5)
    sequences = [torch.randint(0, vocabulary, (n,), generator=generator) for n in LENGTHS]
    # Some rows have no target; one loss counts against the others.
    targets = [(0, r) for r in (1, 2, 5)] + [(1, r) for r in (0, 3, 4, 7, 9)]
    weights = [0.3, 0.1, 0.2, 0.15, -0.2, 0.25, 0.1, 0.05]
    return sequences, targets, weights


def losses(model, sequences, targets):
    found = []
    logits = [model(input_ids=ids[None], use_cache=False).logits[0] for ids in sequences]
    for sequence, row in targets:
        found.append(torch.nn.functional.cross_entropy(
            logits[sequence][row], sequences[sequence][row + 1]))
    return logits, torch.stack(found)


class Sites:
    """Tensors of the graph whose gradients are wanted, by site, one for each sequence."""

    def __init__(self, model):
        self.kept, self.model = {}, model
        self.heads = model.config.num_attention_heads
        module = __import__(type(model).__module__, fromlist=["x"])
        self.module, self.rotate = module, module.apply_rotary_pos_emb
        self.layer = None
        for i, block in enumerate(model.model.layers):
            site = f"blocks.{i}"
            attention = block.self_attn
            block.register_forward_pre_hook(self.layer_hook(i))
            self.on_input(block.input_layernorm, site + ".resid_pre")
            self.on_output(block.input_layernorm, site + ".ln1.out")
            for tail, part in (("q", attention.q_proj), ("k", attention.k_proj), ("v", attention.v_proj)):
                self.on_output(part, f"{site}.attn.{tail}")
            self.on_input(attention.o_proj, site + ".attn.z")
            self.on_output(attention.o_proj, site + ".attn_out")
            self.on_input(block.post_attention_layernorm, site + ".resid_mid")
            self.on_output(block.post_attention_layernorm, site + ".ln2.out")
            self.on_output(block.mlp.gate_proj, site + ".mlp.pre")
            self.on_output(block.mlp.up_proj, site + ".mlp.pre_linear")
            self.on_input(block.mlp.down_proj, site + ".mlp.post")
            self.on_output(block.mlp.down_proj, site + ".mlp_out")
            self.on_output(block, site + ".resid_post")
        self.on_output(model.model.embed_tokens, "embed")
        self.on_output(model.model.norm, "ln_final.out")
        self.on_output(model.lm_head, "logits")
        module.apply_rotary_pos_emb = self.rotated

    def rotated(self, q, k, *arguments, **named):
        q, k = self.rotate(q, k, *arguments, **named)
        for tail, value in (("rot_q", q), ("rot_k", k)):
            self.keep(f"blocks.{self.layer}.attn.{tail}", value)
        return q, k

    def layer_hook(self, layer):
        def hook(module, arguments):
            self.layer = layer
        return hook

    def keep(self, site, tensor):
        tensor = tensor[0] if isinstance(tensor, tuple) else tensor
        tensor.retain_grad()
        self.kept.setdefault(site, []).append(tensor)

    def on_output(self, module, site):
        module.register_forward_hook(lambda _, __, output: self.keep(site, output))

    def on_input(self, module, site):
        module.register_forward_pre_hook(lambda _, arguments: self.keep(site, arguments[0]))

    def gradients(self, targets):
        self.module.apply_rotary_pos_emb = self.rotate
        result = {}
        for site, tensors in self.kept.items():
            parts = [tensor.grad for tensor in tensors]
            if site.endswith(("rot_q", "rot_k")):  # [batch, head, token, d_head]
                parts = [part.transpose(1, 2) for part in parts]
            parts = [part[0].reshape(part.shape[1], -1) for part in parts]
            if site == "logits":
                result[site] = torch.stack([parts[sequence][row] for sequence, row in targets])
            else:
                result[site] = torch.cat(parts)
        for site, norm in self.norms():
            result[site + ".normalized"] = result[site + ".out"] * norm.weight
        return result

    def norms(self):
        for i, block in enumerate(self.model.model.layers):
            yield f"blocks.{i}.ln1", block.input_layernorm
            yield f"blocks.{i}.ln2", block.post_attention_layernorm
        yield "ln_final", self.model.model.norm


def make(name):
    model = load(name)
    sequences, targets, weights = batch(model.config.vocab_size)
    offsets = np.cumsum([0] + LENGTHS)
    tensors = {
        "ids0": sequences[0].numpy().astype(np.int32),
        "ids1": sequences[1].numpy().astype(np.int32),
        "targets": np.array(
            [[offsets[s] + r, sequences[s][r + 1], s] for s, r in targets], np.int32),
        "weights": np.array(weights, np.float32),
    }
    sites = Sites(model)
    _, found = losses(model, sequences, targets)
    (found * torch.tensor(weights)).sum().backward()
    tensors["losses"] = found.detach().numpy()
    for parameter, value in model.named_parameters():
        tensors["full/" + parameter] = sample(value.grad)
    for site, value in sites.gradients(targets).items():
        tensors["site/" + site] = sample(value)

    # Rank 5 on q_proj, 3 elsewhere; both factors drawn, so that both have gradients.
    model = get_peft_model(load(name), LoraConfig(
        r=3, lora_alpha=6, target_modules=PROJECTIONS, rank_pattern={"q_proj": 5}, lora_dropout=0.0))
    generator = torch.Generator().manual_seed(6)
    adapters = {}
    for parameter, value in sorted(model.named_parameters()):
        if value.requires_grad:
            value.data.copy_(0.3 * torch.randn(value.shape, generator=generator))
            short = parameter.replace("base_model.model.", "").replace(".default", "")
            adapters[short] = value
            tensors["lora/" + short] = value.detach().numpy().copy()
    _, found = losses(model, sequences, targets)
    (found * torch.tensor(weights)).sum().backward()
    tensors["lora-losses"] = found.detach().numpy()
    for short, value in adapters.items():
        tensors["lora-gradient/" + short] = sample(value.grad)
    save_file(tensors, os.path.join(GOLDENS, name, "gradients.safetensors"))
    print(name, len(tensors), os.path.getsize(os.path.join(GOLDENS, name, "gradients.safetensors")))


if __name__ == "__main__":
    torch.manual_seed(0)
    for model_name in MODELS:
        make(model_name)
