"""Every site of a transformers decoder, taken by hooks from the real modules.

Sites that have a module (q_proj's output, the residual stream, ...) are what the module received or
returned. Sites that have none (the normalized vectors, rotated queries and keys, masked scores) are
recomputed from hooked tensors, and each recomputation must reproduce the next module's own output.
"""

import math

import numpy as np
import torch

# Stands for "masked" in attn_scores, where the model itself adds the most negative float32.
MASKED_SCORE = -1.0e9


class Recorder:
    """Keeps inputs and outputs of named modules for one forward pass."""

    def __init__(self, model):
        self.inputs, self.arguments, self.outputs, self.handles = {}, {}, {}, []
        for name, module in model.named_modules():
            self.handles.append(module.register_forward_pre_hook(self.before(name), with_kwargs=True))
            self.handles.append(module.register_forward_hook(self.after(name)))

    def before(self, name):
        def hook(module, positional, keywords):
            if positional and isinstance(positional[0], torch.Tensor):
                self.inputs[name] = positional[0].detach().clone()
            elif isinstance(keywords.get("hidden_states"), torch.Tensor):
                self.inputs[name] = keywords["hidden_states"].detach().clone()
            self.arguments[name] = keywords

        return hook

    def after(self, name):
        def hook(module, positional, result):
            first = result[0] if isinstance(result, tuple) else result
            if isinstance(first, torch.Tensor):
                self.outputs[name] = first.detach().clone()
            if isinstance(result, tuple) and len(result) > 1 and isinstance(result[1], torch.Tensor):
                self.outputs[name + "#1"] = result[1].detach().clone()

        return hook

    def close(self):
        for handle in self.handles:
            handle.remove()


def relative_rms(found, expected):
    """RMS of the difference as a fraction of the expected tensor's RMS."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    scale = math.sqrt(float(np.mean(expected**2)))
    return math.sqrt(float(np.mean((found - expected) ** 2))) / scale


def require_close(what, found, expected, tolerance=1e-6):
    error = relative_rms(found.numpy(), expected.numpy())
    assert error <= tolerance, f"{what}: recomputed and hooked differ by {error:.2e} of the RMS"


def normalized(x, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


def rotate(x, cosine, sine):
    """The half-split rotary rotation of [token, head, d_head]."""
    half = x.shape[-1] // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cosine[:, None, :] + turned * sine[:, None, :]


def capture(model, ids):
    """All sites for one prompt: name -> float32 array, shapes as in the site table."""
    config, epsilon = model.config, model.config.rms_norm_eps
    assert config._attn_implementation == "eager", "patterns exist only with eager attention"
    recorder = Recorder(model)
    with torch.no_grad():
        model(input_ids=torch.tensor([ids]), use_cache=False)
    recorder.close()
    inputs, outputs = recorder.inputs, recorder.outputs
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    d_head = getattr(config, "head_dim", None) or config.hidden_size // heads
    sites = {}

    def norm(site, module):
        weight = model.get_submodule(module).weight.detach()
        sites[site + ".normalized"] = normalized(inputs[module], epsilon)[0]
        sites[site + ".out"] = outputs[module][0]
        require_close(module, sites[site + ".normalized"] * weight, sites[site + ".out"])

    def split(tensor, count):
        return tensor[0].reshape(len(ids), count, d_head)

    sites["embed"] = outputs["model.embed_tokens"][0]
    for i in range(config.num_hidden_layers):
        block, site = f"model.layers.{i}", f"blocks.{i}"
        attention = block + ".self_attn"
        sites[site + ".resid_pre"] = inputs[block][0]
        norm(site + ".ln1", block + ".input_layernorm")
        q, k, v = (
            split(outputs[f"{attention}.{name}_proj"], count)
            for name, count in (("q", heads), ("k", kv_heads), ("v", kv_heads))
        )
        sites[site + ".attn.q"], sites[site + ".attn.k"], sites[site + ".attn.v"] = q, k, v
        if attention + ".q_norm" in outputs:
            require_close(attention + ".q_norm input", inputs[attention + ".q_norm"][0], q, 0)
            q, k = outputs[attention + ".q_norm"][0], outputs[attention + ".k_norm"][0]
        arguments = recorder.arguments[attention]
        cosine, sine = (part[0] for part in arguments["position_embeddings"])
        rotated_q, rotated_k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        sites[site + ".attn.rot_q"], sites[site + ".attn.rot_k"] = rotated_q, rotated_k

        repeated_k = rotated_k.repeat_interleave(heads // kv_heads, dim=1)
        repeated_v = v.repeat_interleave(heads // kv_heads, dim=1)
        scores = torch.einsum("qhd,khd->hqk", rotated_q, repeated_k) / math.sqrt(d_head)
        mask = arguments["attention_mask"]
        allowed = visible(len(ids), getattr(config, "sliding_window", None))
        if mask is None:
            # transformers may leave out the mask of a single token, where nothing is hidden.
            assert len(ids) == 1, "eager attention over several tokens came without a mask"
        else:
            assert torch.equal(mask[0, 0] == 0, allowed), "the mask hides other positions"
        sites[site + ".attn.attn_scores"] = scores.masked_fill(~allowed, MASKED_SCORE)
        pattern = outputs[attention + "#1"][0]
        sites[site + ".attn.pattern"] = pattern
        require_close(
            attention + " pattern",
            torch.softmax(scores.masked_fill(~allowed, -math.inf), dim=-1), pattern)
        z = split(inputs[attention + ".o_proj"], heads)
        sites[site + ".attn.z"] = z
        require_close(attention + " z", torch.einsum("hqk,khd->qhd", pattern, repeated_v), z)

        sites[site + ".attn_out"] = outputs[attention + ".o_proj"][0]
        sites[site + ".resid_mid"] = inputs[block + ".post_attention_layernorm"][0]
        norm(site + ".ln2", block + ".post_attention_layernorm")
        sites[site + ".mlp.pre"] = outputs[block + ".mlp.gate_proj"][0]
        sites[site + ".mlp.pre_linear"] = outputs[block + ".mlp.up_proj"][0]
        sites[site + ".mlp.post"] = inputs[block + ".mlp.down_proj"][0]
        sites[site + ".mlp_out"] = outputs[block + ".mlp"][0]
        sites[site + ".resid_post"] = outputs[block][0]
        require_close(
            block + " residual sum",
            sites[site + ".resid_pre"] + sites[site + ".attn_out"] + sites[site + ".mlp_out"],
            sites[site + ".resid_post"])
    norm("ln_final", "model.norm")
    sites["logits"] = outputs["lm_head"][0]
    return {name: tensor.numpy().astype(np.float32) for name, tensor in sites.items()}


def visible(count, window):
    """[query_pos, key_pos]: causal; a window keeps the last `window` keys, the query's own included."""
    query, key = torch.arange(count)[:, None], torch.arange(count)[None, :]
    allowed = key <= query
    return allowed if window is None else allowed & (key > query - window)
