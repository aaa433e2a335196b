"""Makes Tests/Goldens/models: tiny random chat models with the expected tensor at every site.

Each folder is what transformers' save_pretrained writes plus a tokenizer and golden.safetensors; gguf/
holds some of the same models as llama.cpp's converter would write them. manifest.json says which
versions and seeds made them, how far a float64 reference is from each golden, and how llama.cpp agrees.

    python scripts/goldens/models.py [--only NAME ...]
"""

import argparse
import copy
import glob
import importlib.metadata
import json
import math
import os
import shutil
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, os.path.dirname(__file__))
import gguf_files
import reference64
import tiny_tokenizer
from sites import MASKED_SCORE, capture, relative_rms

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDENS = os.path.join(ROOT, "Tests", "Goldens", "models")
NOISE_LIMIT = 1e-5  # what float32 itself may cost against float64, of a tensor's RMS
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}

PROMPTS = [
    [84],
    [tiny_tokenizer.BOS, 262, 78, 259, 82, 258, 67],
    None,  # 23 tokens of the text below
]
PROMPT_TEXT = "the weather in the north, naïve café: 7 wings\n"

# The longest prompt keeps only these, except where a model asks for all: rotary and masking show here.
LONG_PROMPT_SITES = (
    "attn.rot_q", "attn.rot_k", "attn.attn_scores", "attn.z", "resid_post", "ln_final.out")
VARIANT_SITES = ("resid_post", "ln_final.out")

LLAMA = dict(
    vocab_size=tiny_tokenizer.VOCABULARY_SIZE, max_position_embeddings=128,
    bos_token_id=tiny_tokenizer.BOS, eos_token_id=tiny_tokenizer.TURN_END, pad_token_id=None)
QWEN = dict(LLAMA, bos_token_id=tiny_tokenizer.EOS)


def rope(base, **scaling):
    return {"rope_theta": base, "rope_type": "default", **scaling}


# name -> (config class, its arguments, stored type, seed, what it is for)
MODELS = {
    "llama-tied": (
        "Llama",
        dict(LLAMA, hidden_size=36, intermediate_size=56, num_hidden_layers=2, num_attention_heads=3,
             num_key_value_heads=1, rms_norm_eps=1e-3, tie_word_embeddings=True,
             rope_parameters=rope(10000.0)),
        "f32", 11, "three heads over one key-value head, tied head; every site for every prompt"),
    "llama-untied": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, head_dim=16, rms_norm_eps=1e-5, tie_word_embeddings=False,
             rope_parameters=rope(500000.0)),
        "bf16", 12, "grouped heads whose width is not hidden_size / heads, head of its own"),
    "llama-biased": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, rms_norm_eps=1e-4, tie_word_embeddings=True, attention_bias=True,
             mlp_bias=True, rope_parameters=rope(10000.0)),
        "bf16", 13, "biases on all attention and MLP projections"),
    "llama-rope-llama3": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True,
             eos_token_id=[tiny_tokenizer.EOS, tiny_tokenizer.TURN_END],
             rope_parameters=rope(100.0, rope_type="llama3", factor=4.0, low_freq_factor=1.0,
                                  high_freq_factor=4.0, original_max_position_embeddings=32)),
        "bf16", 14, "llama3 scaling with kept, blended and divided frequencies among its eight"),
    "llama-rope-linear": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=4, rms_norm_eps=1e-5, tie_word_embeddings=True,
             rope_parameters=rope(10000.0, rope_type="linear", factor=2.5)),
        "bf16", 15, "linear scaling, no grouped heads"),
    "llama-sharded": (
        "Llama",
        dict(LLAMA, hidden_size=36, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3,
             num_key_value_heads=3, rms_norm_eps=1e-5, tie_word_embeddings=True,
             rope_parameters=rope(10000.0)),
        "f32", 16, "weights in several files with model.safetensors.index.json; three layers"),
    "llama-bf16": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True,
             rope_parameters=rope(10000.0)),
        "bf16", 17, "weights stored as BF16, computed in float32"),
    "llama-f16": (
        "Llama",
        dict(LLAMA, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True,
             rope_parameters=rope(10000.0)),
        "f16", 18, "weights stored as F16, computed in float32"),
    "mistral": (
        "Mistral",
        dict(LLAMA, hidden_size=32, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, rms_norm_eps=1e-5, tie_word_embeddings=False, sliding_window=5,
             rope_parameters=rope(10000.0)),
        "bf16", 19, "a window of 5 keys, the query's own position included"),
    "qwen2": (
        "Qwen2",
        dict(QWEN, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, rms_norm_eps=1e-6, tie_word_embeddings=True,
             use_sliding_window=False, rope_parameters=rope(1000000.0)),
        "f32", 20, "biases on q, k and v only, tied head"),
    "qwen2-untied": (
        "Qwen2",
        dict(QWEN, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=1, rms_norm_eps=1e-6, tie_word_embeddings=False,
             use_sliding_window=False, rope_parameters=rope(1000000.0)),
        "bf16", 21, "head of its own"),
    "qwen3": (
        "Qwen3",
        dict(QWEN, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=5,
             num_key_value_heads=1, head_dim=8, rms_norm_eps=1e-6, tie_word_embeddings=False,
             attention_bias=False, use_sliding_window=False, rope_parameters=rope(1000000.0)),
        "bf16", 22, "q-k norm, five heads over one, head_dim given"),
}
ALL_SITES_FOR_LONG_PROMPT = {"llama-tied"}
STORED_LIKE_ANOTHER = {"llama-bf16", "llama-f16", "llama-sharded", "qwen2-untied"}

# file name -> (folder model, type of the matrices)
GGUFS = {
    "llama-untied-f32": ("llama-untied", "F32"),
    "llama-untied-q8_0": ("llama-untied", "Q8_0"),
    "llama-biased-bf16": ("llama-biased", "BF16"),
    "llama-rope-llama3-f32": ("llama-rope-llama3", "F32"),
    "llama-rope-linear-bf16": ("llama-rope-linear", "BF16"),
    "qwen2-f32": ("qwen2", "F32"),
    "qwen2-q8_0": ("qwen2", "Q8_0"),
    "qwen3-f32": ("qwen3", "F32"),
    "qwen3-q8_0": ("qwen3", "Q8_0"),
}


def long_prompt():
    ids = tiny_tokenizer.build(adds_bos=False).encode(PROMPT_TEXT, add_special_tokens=False).ids
    assert len(ids) >= 23, len(ids)
    return ids[:23]


def randomize(model, seed):
    """Weights that keep every site near unit scale, so that no term hides behind another."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            value = 1 + 0.3 * noise
        elif name.endswith(".bias"):
            value = 0.5 * noise
        elif "embed_tokens" in name:
            value = noise
        else:
            value = noise * 1.3 / math.sqrt(parameter.shape[1])
        parameter.data.copy_(value)


def make_folder(name, folder):
    family, arguments, stored, seed, _ = MODELS[name]
    config = getattr(transformers, family + "Config")(**arguments)
    model = getattr(transformers, family + "ForCausalLM")(config)
    randomize(model, seed)
    model.to(DTYPES[stored])
    # The defaults of a chat model would otherwise be written beside it.
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id)
    model.save_pretrained(folder, max_shard_size="45KB" if name == "llama-sharded" else "5GB")
    tiny_tokenizer.save(folder, adds_bos=family in ("Llama", "Mistral"))
    write_legacy_config(folder)


def write_legacy_config(folder):
    """The same config as transformers 4 wrote it, which is what most published checkpoints have."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    scaling = config.pop("rope_parameters")
    config["rope_theta"] = scaling.pop("rope_theta")
    config["rope_scaling"] = None if scaling["rope_type"] == "default" else scaling
    config["torch_dtype"] = config.pop("dtype")
    config.pop("layer_types", None)
    if "use_sliding_window" in config:
        # Published Qwen configs give a window that is not in force; so does this one.
        assert config["use_sliding_window"] is False
        config["sliding_window"] = 4
    if config.get("head_dim") == config["hidden_size"] // config["num_attention_heads"]:
        config.pop("head_dim")
    config["transformers_version"] = "4.46.0"
    with open(os.path.join(folder, "config.legacy.json"), "w", encoding="utf-8") as file:
        json.dump(dict(sorted(config.items())), file, indent=2)
        file.write("\n")


def load(folder, **changes):
    torch.manual_seed(0)
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True, **changes)
    problems = {key: list(value) for key, value in report.items() if value}
    assert not problems, f"{folder}: {problems}"
    return model.eval()


def load_legacy(folder):
    with tempfile.TemporaryDirectory() as copied:
        for path in glob.glob(os.path.join(folder, "*.safetensors*")):
            shutil.copy(path, copied)
        shutil.copy(os.path.join(folder, "config.legacy.json"), os.path.join(copied, "config.json"))
        return load(copied)


def read_weights(folder):
    """Weights by name as float32, straight from the files."""
    weights = {}
    for path in sorted(glob.glob(os.path.join(folder, "model*.safetensors"))):
        with safe_open(path, framework="pt") as file:
            for key in file.keys():
                weights[key] = file.get_tensor(key).float().numpy()
    return weights


def read_config(folder, name="config.json"):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].numpy()


def check_settings_matter(name, folder, model, ids):
    """A golden that does not depend on a setting could not show that the setting is ignored."""
    base, effects = logits(model, ids), {}

    def without(what, change):
        config = copy.deepcopy(model.config)
        change(config)
        torch.manual_seed(0)
        other = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=torch.float32, attn_implementation="eager").eval()
        effects[what] = relative_rms(logits(other, ids), base)
        assert effects[what] > 0.01, f"{name}: {what} changes the logits by only {effects[what]:.2e}"

    scaling = dict(model.config.rope_parameters)
    if scaling["rope_type"] != "default":
        plain = {"rope_theta": scaling["rope_theta"], "rope_type": "default"}
        without("rope scaling", lambda c: setattr(c, "rope_parameters", plain))
    if name == "mistral":
        without("sliding window", lambda c: setattr(c, "sliding_window", None))
    half = {**scaling, "rope_theta": scaling["rope_theta"] / 2}
    without("rope base (against half of it)", lambda c: setattr(c, "rope_parameters", half))
    return {key: float(f"{value:.3g}") for key, value in effects.items()}


def kept(name, prompt, site):
    tail = site.split(".", 2)[-1] if site.startswith("blocks.") else site
    if prompt == 2 and name not in ALL_SITES_FOR_LONG_PROMPT:
        return tail in (VARIANT_SITES if name in STORED_LIKE_ANOTHER else LONG_PROMPT_SITES)
    if prompt == 0 and name in STORED_LIKE_ANOTHER:
        return tail in VARIANT_SITES + ("logits",)
    return True


def make_golden(name, folder, prompts):
    model, tensors, noise = load(folder), {}, {}
    config, weights = read_config(folder), read_weights(folder)
    legacy = load_legacy(folder)
    for k, ids in enumerate(prompts):
        sites = capture(model, ids)
        reference = reference64.forward(config, weights, ids)
        assert sites.keys() == reference.keys(), sites.keys() ^ reference.keys()
        for site, value in sites.items():
            visible = np.abs(reference[site]) < -MASKED_SCORE
            if site.endswith("attn_scores"):
                assert np.array_equal(value <= MASKED_SCORE, ~visible), f"{name} {site}: masks differ"
            error = relative_rms(value[visible], reference[site][visible])
            noise[site] = max(noise.get(site, 0), error)
            assert error < NOISE_LIMIT, f"{name} prompt {k} {site}: {error:.2e} from float64"
        assert np.array_equal(logits(legacy, ids), sites["logits"]), f"{name}: config.legacy.json differs"
        tensors[f"prompt{k}/ids"] = np.array(ids, np.int32)
        for site, value in sites.items():
            if kept(name, k, site):
                tensors[f"prompt{k}/{site}"] = np.ascontiguousarray(value)
    # No metadata: safetensors writes its keys in random order, and the file should repeat.
    save_file(tensors, os.path.join(folder, "golden.safetensors"))
    worst = max(noise, key=noise.get)
    return model, {
        "float64_distance": {"worst_site": worst, "of_rms": float(f"{noise[worst]:.2e}"),
                             "logits": float(f"{noise['logits']:.2e}")},
        "settings_matter": check_settings_matter(name, folder, model, prompts[2]),
        "tensors": len(tensors),
    }


def check_tokenizer(folder, family):
    """The folder works end to end in transformers, and BOS comes exactly once."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    adds_bos = family in ("Llama", "Mistral")
    assert len(tokenizer) == tiny_tokenizer.VOCABULARY_SIZE
    ids = tokenizer(PROMPT_TEXT).input_ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == PROMPT_TEXT
    assert ids == tiny_tokenizer.build(adds_bos).encode(PROMPT_TEXT).ids
    assert (ids[0] == tiny_tokenizer.BOS) == adds_bos
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "the café"}], add_generation_prompt=True, tokenize=False)
    expected = (
        "<|im_start|>system\nYou are a tiny model.<|im_end|>\n"
        "<|im_start|>user\nthe café<|im_end|>\n<|im_start|>assistant\n")
    assert chat == ("<|bos|>" if adds_bos else "") + expected, repr(chat)


def digest_free_versions():
    names = ("torch", "transformers", "tokenizers", "safetensors", "gguf", "numpy", "llama-cpp-python",
             "accelerate")
    return {name: importlib.metadata.version(name) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="make only these models (manifest.json is left alone)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    prompts = PROMPTS[:2] + [long_prompt()]
    manifest = {
        "made_by": "scripts/goldens/models.py",
        "versions": digest_free_versions(),
        "computed": "transformers, eager attention, CPU float32, one prompt at a time, no cache",
        "keys": "promptK/ids (int32) and promptK/SITE with the site table's names and shapes",
        "masked_score": MASKED_SCORE,
        "masked_scores": f"attn_scores holds {MASKED_SCORE!r} where the key is hidden from the query",
        "weights": "torch.Generator with the model's seed: norms 1 + 0.3 n, biases 0.5 n, embedding n, "
                   "matrices 1.3 n / sqrt(inputs), n standard normal; parameters in name order; "
                   "rounded to the stored type",
        "prompts": {"ids": prompts, "text_of_prompt2": PROMPT_TEXT},
        "long_prompt_sites": LONG_PROMPT_SITES,
        "kept": "prompt1 has every site for every model; llama-tied has every site for every prompt; "
                "elsewhere prompt2 has long_prompt_sites only (variants of storage: resid_post, "
                "ln_final.out; they keep only those and logits for prompt0 too)",
        "models": {}, "gguf": {},
    }
    for name in MODELS:
        if options.only and name not in options.only:
            continue
        family, _, stored, seed, purpose = MODELS[name]
        folder = os.path.join(GOLDENS, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        make_folder(name, folder)
        _, facts = make_golden(name, folder, prompts)
        check_tokenizer(folder, family)
        manifest["models"][name] = {"purpose": purpose, "stored": stored, "seed": seed, **facts}
        print(f"{name}: {facts}", flush=True)
    folder = os.path.join(GOLDENS, "gguf")
    os.makedirs(folder, exist_ok=True)
    for name, (source, kind) in GGUFS.items():
        if options.only and source not in options.only:
            continue
        facts = gguf_files.make(
            os.path.join(folder, name), os.path.join(GOLDENS, source), kind, prompts, read_config,
            read_weights, load)
        manifest["gguf"][name + ".gguf"] = {"model": source, "matrices": kind, **facts}
        print(f"{name}: {facts}", flush=True)
    if not options.only:
        with open(os.path.join(GOLDENS, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
