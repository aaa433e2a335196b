"""One tiny random model per family, as a HuggingFace folder and as a GGUF file of the same weights.

Writes Tests/Goldens/tiny-checkpoints/NAME/{config.json, generation_config.json, model.safetensors} and
NAME.gguf. The GGUF files follow the upstream converter: llama's query and key rows are interleaved, those of
the other families are not. The llama model has biases everywhere and per-pair frequency factors.
"""

import json
import pathlib

import gguf
import numpy as np
from safetensors.numpy import save_file

SEED = 7
VOCABULARY, WIDTH, LAYERS, MLP = 24, 16, 2, 24
HEADS, KEY_VALUE_HEADS, HEAD = 2, 1, 8

NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
MODULES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
FAMILIES = {
    "llama": {"architectures": ["LlamaForCausalLM"], "attention_bias": True, "mlp_bias": True,
              "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2},
    "qwen2": {"architectures": ["Qwen2ForCausalLM"], "tie_word_embeddings": True,
              "use_sliding_window": False, "sliding_window": 16, "max_window_layers": 1,
              "bos_token_id": 1, "eos_token_id": 2},
    "qwen3": {"architectures": ["Qwen3ForCausalLM"], "attention_bias": False,
              "tie_word_embeddings": False, "head_dim": HEAD, "bos_token_id": None,
              "eos_token_id": [2, 3]},
}


def interleave(rows: np.ndarray, heads: int) -> np.ndarray:
    """The upstream converter's permutation of query and key rows."""
    shape = (heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return rows.reshape(shape).swapaxes(1, 2).reshape(rows.shape)


def tensors_of(family: str, generator: np.random.Generator) -> dict[str, np.ndarray]:
    def random(*shape: int) -> np.ndarray:
        return (generator.standard_normal(shape) * 0.1).astype(np.float32)

    tensors = {"model.embed_tokens.weight": random(VOCABULARY, WIDTH), "model.norm.weight": random(WIDTH)}
    if not FAMILIES[family]["tie_word_embeddings"]:
        tensors["lm_head.weight"] = random(VOCABULARY, WIDTH)
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        shapes = {
            "self_attn.q_proj": (HEADS * HEAD, WIDTH),
            "self_attn.k_proj": (KEY_VALUE_HEADS * HEAD, WIDTH),
            "self_attn.v_proj": (KEY_VALUE_HEADS * HEAD, WIDTH),
            "self_attn.o_proj": (WIDTH, HEADS * HEAD),
            "mlp.gate_proj": (MLP, WIDTH),
            "mlp.up_proj": (MLP, WIDTH),
            "mlp.down_proj": (WIDTH, MLP),
        }
        biased = set(shapes) if family == "llama" else set()
        if family == "qwen2":
            biased = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}
        for name, shape in shapes.items():
            tensors[f"{prefix}{name}.weight"] = random(*shape)
            if name in biased:
                tensors[f"{prefix}{name}.bias"] = random(shape[0])
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}{name}.weight"] = random(WIDTH)
        if family == "qwen3":
            tensors[f"{prefix}self_attn.q_norm.weight"] = random(HEAD)
            tensors[f"{prefix}self_attn.k_norm.weight"] = random(HEAD)
    return tensors


def gguf_name(name: str) -> str:
    stem, kind = name.rsplit(".", 1)
    if stem in NAMES:
        return f"{NAMES[stem]}.{kind}"
    _, _, layer, module = stem.split(".", 3)
    return f"blk.{layer}.{MODULES[module]}.{kind}"


def write_folder(folder: pathlib.Path, family: str, tensors: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = FAMILIES[family] | {
        "model_type": family, "vocab_size": VOCABULARY, "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS, "intermediate_size": MLP,
        "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "torch_dtype": "float32", "rope_scaling": None,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 4]}) + "\n")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def write_gguf(path: pathlib.Path, family: str, tensors: dict[str, np.ndarray]) -> None:
    writer = gguf.GGUFWriter(path, family)
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(HEAD)
    if family == "qwen3":
        writer.add_key_length(HEAD)
        writer.add_value_length(HEAD)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"token{index}" for index in range(VOCABULARY)])
    writer.add_token_types([3] * 4 + [1] * (VOCABULARY - 4))
    writer.add_eos_token_id(2)
    if family != "qwen3":
        writer.add_bos_token_id(1)
    for name, values in tensors.items():
        if family == "llama" and ".q_proj." in name:
            values = interleave(values, HEADS)
        if family == "llama" and ".k_proj." in name:
            values = interleave(values, KEY_VALUE_HEADS)
        writer.add_tensor(gguf_name(name), np.ascontiguousarray(values))
    if family == "llama":
        writer.add_tensor("rope_freqs.weight", np.array([1, 1, 2, 8], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    folder = pathlib.Path(__file__).parents[2] / "Tests/Goldens/tiny-checkpoints"
    generator = np.random.default_rng(SEED)
    for family in FAMILIES:
        tensors = tensors_of(family, generator)
        write_folder(folder / family, family, tensors)
        write_gguf(folder / f"{family}.gguf", family, tensors)


if __name__ == "__main__":
    main()
