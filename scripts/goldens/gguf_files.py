"""Writes a tiny model as GGUF the way llama.cpp's converter does, and asks llama.cpp to run it."""

import copy
import math
import os
import tempfile

import gguf
import numpy as np
import torch
from safetensors.numpy import save_file

import tiny_tokenizer
from reference64 import inverse_frequencies
from sites import capture, relative_rms

# Largest accepted distance of llama.cpp's logits from transformers', of the logits' RMS. Its Q8_0
# and BF16 products round the activations too, so there the two compute different things.
LLAMA_CPP_LIMIT = {"F32": 1e-5, "BF16": 2e-2, "Q8_0": 5e-2}
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3}
FILE_TYPES = {
    "F32": gguf.LlamaFileType.ALL_F32, "BF16": gguf.LlamaFileType.MOSTLY_BF16,
    "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0}


def permute(rows, heads):
    """Half-split rotary rows to the interleaved order of llama.cpp's llama architecture.

    Within a head, row j of the first half and row j of the second become rows 2j and 2j + 1.
    """
    d_head = rows.shape[0] // heads
    split = rows.reshape(heads, 2, d_head // 2, *rows.shape[1:])
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(rows.shape))


def unpermute(rows, heads):
    d_head = rows.shape[0] // heads
    split = rows.reshape(heads, d_head // 2, 2, *rows.shape[1:])
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(rows.shape))


def rotary_heads(name, config):
    """Heads whose rows the converter reorders in this tensor, or None."""
    if config["model_type"] != "llama":
        return None
    if ".q_proj." in name:
        return config["num_attention_heads"]
    return config["num_key_value_heads"] if ".k_proj." in name else None


def stored_type(name, value, kind):
    """The converter's rule: vectors stay F32, rows that Q8_0 cannot divide become F16."""
    if value.ndim == 1 or kind == "F32":
        return gguf.GGMLQuantizationType.F32
    if kind == "BF16":
        return gguf.GGMLQuantizationType.BF16
    fits = value.shape[-1] % gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType.Q8_0][0] == 0
    return gguf.GGMLQuantizationType.Q8_0 if fits else gguf.GGMLQuantizationType.F16


def write(path, config, weights, kind):
    """Writes the file; returns the weights as a reader must see them and the tensor types used."""
    architecture = config["model_type"]
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    d_head = config.get("head_dim") or config["hidden_size"] // heads
    names = gguf.get_tensor_name_map(ARCHITECTURES[architecture], layers)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("tiny " + architecture)
    writer.add_block_count(layers)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(d_head)
    writer.add_value_length(d_head)
    writer.add_file_type(FILE_TYPES[kind])
    rope = config["rope_parameters"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if architecture == "llama":
        writer.add_vocab_size(config["vocab_size"])
        writer.add_rope_dimension_count(d_head)
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    add_tokenizer(writer, adds_bos=architecture == "llama", config=config)

    seen, types = {}, {}
    for name, value in weights.items():
        turned = rotary_heads(name, config)
        rows = value if turned is None else permute(value, turned)
        chosen = stored_type(name, value, kind)
        data = gguf.quants.quantize(rows, chosen)
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), data, raw_dtype=chosen)
        back = gguf.quants.dequantize(data, chosen).reshape(value.shape).astype(np.float32)
        seen[name] = back if turned is None else unpermute(back, turned)
        types[chosen.name] = types.get(chosen.name, 0) + 1
    if rope["rope_type"] == "llama3":
        plain = inverse_frequencies({"rope_theta": rope["rope_theta"]}, d_head)
        factors = (plain / inverse_frequencies(config, d_head)).astype(np.float32)
        assert factors.min() == 1 and factors.max() == np.float32(rope["factor"])
        assert any(1 < factor < rope["factor"] for factor in factors), "no blended frequency"
        writer.add_tensor("rope_freqs.weight", factors)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return seen, types


def add_tokenizer(writer, adds_bos, config):
    tokens = tiny_tokenizer.tokens()
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - len(tiny_tokenizer.SPECIAL))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2" if adds_bos else "qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds + [gguf.TokenType.CONTROL] * len(tiny_tokenizer.SPECIAL))
    writer.add_token_merges([f"{a} {b}" for a, b in tiny_tokenizer.MERGES])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(tiny_tokenizer.TURN_END)
    writer.add_add_bos_token(adds_bos)
    writer.add_chat_template(tiny_tokenizer.chat_template(adds_bos))


def llama_cpp_distance(path, prompts, model):
    """How far llama.cpp's logits are from the model's, worst prompt; its tokenizer must agree exactly."""
    import llama_cpp

    engine = llama_cpp.Llama(
        model_path=path, n_ctx=128, n_batch=64, n_threads=1, n_threads_batch=1, logits_all=True,
        type_k=llama_cpp.GGML_TYPE_F32, type_v=llama_cpp.GGML_TYPE_F32, flash_attn=False, verbose=False)
    worst = 0.0
    for ids in prompts:
        engine.reset()
        engine.eval(ids)
        found = np.array(engine.scores[: len(ids)], np.float32)
        with torch.no_grad():
            expected = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].numpy()
        worst = max(worst, relative_rms(found, expected))
        assert not math.isnan(worst), path
    text = "the café in 7 wings"
    own = engine.tokenize(text.encode(), add_bos=False, special=False)
    adds_bos = model.config.model_type == "llama"
    expected = tiny_tokenizer.build(adds_bos).encode(text, add_special_tokens=False).ids
    assert own == expected, f"{path}: llama.cpp tokenizes {own}, tokenizers {expected}"
    engine.close()
    return worst


def transformers_from_gguf(path, prompts, model):
    """Distance of the logits with the weights as transformers' own GGUF reader finds them.

    It gets the configuration from us: it reads neither qwen3's key_length nor rope scaling.
    """
    from transformers import AutoModelForCausalLM

    other = AutoModelForCausalLM.from_pretrained(
        os.path.dirname(path), gguf_file=os.path.basename(path), config=copy.deepcopy(model.config),
        dtype=torch.float32, attn_implementation="eager").eval()
    worst = 0.0
    for ids in prompts:
        with torch.no_grad():
            a, b = (m(input_ids=torch.tensor([ids]), use_cache=False).logits[0] for m in (other, model))
        worst = max(worst, relative_rms(a.numpy(), b.numpy()))
    return worst


def make(stem, folder, kind, prompts, read_config, read_weights, load):
    """One GGUF from a model folder; where it holds the same values the folder's golden serves."""
    config, weights, path = read_config(folder), read_weights(folder), stem + ".gguf"
    seen, types = write(path, config, weights, kind)
    model = load(folder)
    state = {name: torch.from_numpy(value) for name, value in seen.items()}
    report = model.load_state_dict(state, strict=False)
    allowed = {"lm_head.weight"} if config["tie_word_embeddings"] else set()
    assert not report.unexpected_keys and set(report.missing_keys) <= allowed, report
    if kind != "Q8_0":
        assert all(np.array_equal(seen[name], value) for name, value in weights.items())
        golden = os.path.basename(folder) + "/golden.safetensors"
    else:
        golden = "gguf/" + os.path.basename(stem) + ".golden.safetensors"
        tensors = {}
        for k, ids in enumerate(prompts):
            sites = capture(model, ids)
            tensors[f"prompt{k}/ids"] = np.array(ids, np.int32)
            tensors |= {
                f"prompt{k}/{site}": np.ascontiguousarray(value) for site, value in sites.items()
                if site == "embed" or site.endswith("resid_post") or site == "logits" and k < 2}
        save_file(tensors, stem + ".golden.safetensors")
    distances = {kind: llama_cpp_distance(path, prompts, model)}
    if kind == "BF16":
        # Rounded activations would hide a small mistake; the same file in F32 would not.
        with tempfile.TemporaryDirectory() as temporary:
            exact = os.path.join(temporary, "exact.gguf")
            write(exact, config, weights, "F32")
            distances["F32"] = llama_cpp_distance(exact, prompts, model)
    for precision, distance in distances.items():
        limit = LLAMA_CPP_LIMIT[precision]
        assert distance < limit, f"{path}: llama.cpp is {distance:.2e} away ({precision})"
    own_reading = transformers_from_gguf(path, prompts, model)
    assert own_reading < 1e-6, f"{path}: transformers reads other weights, {own_reading:.2e}"
    return {
        "golden": golden, "tensor_types": types,
        "llama_cpp_logits_distance": {k: float(f"{v:.2e}") for k, v in distances.items()},
        "transformers_gguf_logits_distance": float(f"{own_reading:.2e}"),
    }
