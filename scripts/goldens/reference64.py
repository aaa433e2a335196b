"""A decoder in plain float64 numpy, written from the papers and not from any library.

It exists to check the oracle: every golden tensor must agree with it, and the distance is the
float32 noise that a tolerance has to allow.
"""

import math

import numpy as np

from sites import MASKED_SCORE


def inverse_frequencies(config, d_head):
    """(frequency per pair, divisor of the position): a config.json of either layout."""
    rope = config.get("rope_parameters") or {}
    scaling = config.get("rope_scaling") or rope
    base = rope.get("rope_theta", config.get("rope_theta"))
    frequency = base ** (-np.arange(0, d_head, 2) / d_head)
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "linear":
        return frequency / scaling["factor"]
    if kind == "llama3":
        factor, low, high = (scaling[k] for k in ("factor", "low_freq_factor", "high_freq_factor"))
        original = scaling["original_max_position_embeddings"]
        scaled = []
        for value in frequency:
            length = 2 * math.pi / value
            if length < original / high:
                scaled.append(value)
            elif length > original / low:
                scaled.append(value / factor)
            else:
                blend = (original / length - low) / (high - low)
                scaled.append((1 - blend) * value / factor + blend * value)
        return np.array(scaled)
    assert kind == "default", kind
    return frequency


def forward(config, weights, ids):
    """Every site in float64 for a config.json (dict) and weights by HuggingFace name."""
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    d_head = config.get("head_dim") or config["hidden_size"] // heads
    count, sites = len(ids), {}

    def normalize(x):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + config["rms_norm_eps"])

    def linear(name, x):
        y = x @ w[name + ".weight"].T
        return y + w[name + ".bias"] if name + ".bias" in w else y

    def norm(site, name, x):
        sites[site + ".normalized"] = normalize(x)
        sites[site + ".out"] = sites[site + ".normalized"] * w[name + ".weight"]
        return sites[site + ".out"]

    angle = np.arange(count)[:, None] * inverse_frequencies(config, d_head)
    cosine, sine = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]

    def rotate(x):
        a, b = x[..., : d_head // 2], x[..., d_head // 2 :]
        return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], axis=-1)

    window = config.get("sliding_window")
    if config["model_type"] != "mistral":
        window = None
    distance = np.arange(count)[:, None] - np.arange(count)[None, :]
    allowed = (distance >= 0) & ((distance < window) if window else True)

    x = sites["embed"] = w["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        module, site = f"model.layers.{i}.", f"blocks.{i}."
        sites[site + "resid_pre"] = x
        h = norm(site + "ln1", module + "input_layernorm", x)
        q = linear(module + "self_attn.q_proj", h).reshape(count, heads, d_head)
        k = linear(module + "self_attn.k_proj", h).reshape(count, kv_heads, d_head)
        v = linear(module + "self_attn.v_proj", h).reshape(count, kv_heads, d_head)
        sites[site + "attn.q"], sites[site + "attn.k"], sites[site + "attn.v"] = q, k, v
        if module + "self_attn.q_norm.weight" in w:
            q = normalize(q) * w[module + "self_attn.q_norm.weight"]
            k = normalize(k) * w[module + "self_attn.k_norm.weight"]
        q, k = rotate(q), rotate(k)
        sites[site + "attn.rot_q"], sites[site + "attn.rot_k"] = q, k
        group = heads // kv_heads
        scores = np.stack([q[:, n] @ k[:, n // group].T for n in range(heads)]) / math.sqrt(d_head)
        sites[site + "attn.attn_scores"] = np.where(allowed, scores, MASKED_SCORE)
        power = np.where(allowed, np.exp(scores - scores.max(-1, keepdims=True)), 0)
        pattern = power / power.sum(-1, keepdims=True)
        sites[site + "attn.pattern"] = pattern
        z = np.stack([pattern[n] @ v[:, n // group] for n in range(heads)], axis=1)
        sites[site + "attn.z"] = z
        out = linear(module + "self_attn.o_proj", z.reshape(count, heads * d_head))
        sites[site + "attn_out"] = out
        x = sites[site + "resid_mid"] = x + out
        h = norm(site + "ln2", module + "post_attention_layernorm", x)
        gate, up = linear(module + "mlp.gate_proj", h), linear(module + "mlp.up_proj", h)
        sites[site + "mlp.pre"], sites[site + "mlp.pre_linear"] = gate, up
        sites[site + "mlp.post"] = gate / (1 + np.exp(-gate)) * up
        sites[site + "mlp_out"] = linear(module + "mlp.down_proj", sites[site + "mlp.post"])
        x = sites[site + "resid_post"] = x + sites[site + "mlp_out"]
    x = norm("ln_final", "model.norm", x)
    head = "model.embed_tokens" if config["tie_word_embeddings"] else "lm_head"
    sites["logits"] = x @ w[head + ".weight"].T
    return sites
