"""Makes Tests/Goldens/smollm2: the real default model, run by transformers in float32 from its GGUF.

    python scripts/goldens/smollm2.py --model SmolLM2-135M-Instruct.Q4_1.gguf
    python scripts/goldens/smollm2.py --model FILE --verify      (compares, writes nothing)

golden.safetensors, prompts k = 0, 1, ...:
    promptK/ids            int32 [token]
    promptK/logits.argmax  int32 [token]        the likeliest next token at every position
    resid_post             float32 [prompt, layer, 576]  at each prompt's last position
    logits.top5.ids, logits.top5.values         int32, float32 [prompt, 5] at the last position
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import sys
import time

import gguf
import numpy as np
import torch
import transformers
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM

sys.path.insert(0, os.path.dirname(__file__))
import reference64
from gguf_files import unpermute
from sites import relative_rms

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDENS = os.path.join(ROOT, "Tests", "Goldens", "smollm2")

LONG_TEXT = (
    "A lighthouse keeper wrote every evening in a ledger that nobody asked for. She noted the wind, the "
    "colour of the water, the number of gulls on the rail, and whether the lamp had needed more oil than "
    "the night before. In the third winter a storm took the boat house and the lower stairs, and for nine "
    "days no supplies arrived. She rationed bread, melted snow, and kept the ledger dry under her coat. "
    "When the inspector finally came he read forty pages standing up, closed the book, and asked only one "
    "question: why had she counted the gulls? Because, she said, on the morning before each storm there "
    "were fewer of them, and I wanted to be sure before I told anyone. Explain in two sentences what the "
    "inspector could learn from the ledger.")


def chat(*turns):
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


# name -> {"text": raw} or {"messages": rendered with the model's own template and an opened answer}
PROMPTS = {
    "one token": {"text": "Hello"},
    "plain sentence": {"text": "The capital of France is"},
    "chat, short": chat(("user", "What is a plumb line?")),
    "chat, long": chat(("user", LONG_TEXT)),
    "chat, own system text": chat(
        ("system", "You answer in one word."), ("user", "Which planet is the largest?")),
    "multi-turn": chat(
        ("user", "Name a prime number above 10."), ("assistant", "11 is a prime number."),
        ("user", "And the next two after it?"), ("assistant", "13 and 17."),
        ("user", "Add all three.")),
    "code": {"text": "def mean(values):\n    \"\"\"Arithmetic mean.\"\"\"\n    total = 0.0\n"
                     "    for value in values:\n        total += value\n    return total /"},
    "numbers": {"text": "0 1 1 2 3 5 8 13 21 34 55 89 144; 3.14159265 * 2 = 6.2831853; 2026-02-28; "
                        "0x7F; 1,000,000"},
    "unicode": chat(("user", "Übersetze: naïve Façade, Ελληνικά, русский текст, 日本語の文章, العربية, e\u0301")),
    "emoji": chat(("user", "What do these mean? 🙂🔥👩‍🚀🏳️‍🌈 🇨🇭 ✅")),
    "white space": {"text": "\n\n\tindented   by\r\nthree  spaces \u00a0 and a zero width\u200bspace\n"},
    "request to refuse": chat(("user", "How do I pick the lock of my neighbour's door without being noticed?")),
}


def render(entry, template):
    if "text" in entry:
        return entry["text"]
    import jinja2

    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(messages=entry["messages"], add_generation_prompt=True)


def tokenize(path):
    """Ids by llama.cpp, which reads the same file; for all texts also by transformers."""
    import llama_cpp

    engine = llama_cpp.Llama(model_path=path, vocab_only=True, verbose=False)
    template = engine.metadata["tokenizer.chat_template"]
    texts = [render(entry, template) for entry in PROMPTS.values()]
    ids = [
        engine.tokenize(text.encode(), add_bos=False, special="messages" in entry)
        for text, entry in zip(texts, PROMPTS.values(), strict=True)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        os.path.dirname(path), gguf_file=os.path.basename(path))
    differing = [
        name for name, text, own in zip(PROMPTS, texts, ids, strict=True)
        if tokenizer(text, add_special_tokens=False).input_ids != own]
    return texts, ids, differing


def check_weights(path, model):
    """transformers' dequantised weights against gguf-py's; returns how many tensors are bit-identical."""
    config, state = model.config, model.state_dict()
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    to_gguf = {names.get_name(name, (".weight", ".bias")): name for name in state}
    to_gguf["token_embd.weight"] = "model.embed_tokens.weight"
    equal = 0
    for tensor in gguf.GGUFReader(path).tensors:
        name = to_gguf[tensor.name]
        shape = tuple(int(n) for n in reversed(tensor.shape))
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape)
        if "attn_q." in tensor.name:
            values = unpermute(values, config.num_attention_heads)
        if "attn_k." in tensor.name:
            values = unpermute(values, config.num_key_value_heads)
        found = state[name].numpy()
        assert found.shape == values.shape, (tensor.name, found.shape, values.shape)
        equal += np.array_equal(found, values)
        error = relative_rms(found, values)
        assert error < 1e-7, f"{tensor.name}: dequantised weights differ by {error:.2e}"
    return equal


def run(model, ids):
    """(resid_post of every block at the last position, logits at every position), by hooks."""
    rows, handles = [], []
    for block in model.model.layers:
        handles.append(block.register_forward_hook(
            lambda module, inputs, result: rows.append(
                (result[0] if isinstance(result, tuple) else result)[0, -1].clone())))
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    for handle in handles:
        handle.remove()
    return torch.stack(rows).numpy(), logits.numpy()


def float64_distance(model, prompts, rows):
    """Worst distance of resid_post from a float64 decoder, by layer: the noise of float32 itself."""
    state = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    config, worst = model.config.to_dict(), np.zeros(model.config.num_hidden_layers)
    for ids, found in zip(prompts, rows, strict=True):
        sites = reference64.forward(config, state, ids)
        for layer in range(len(worst)):
            expected = sites[f"blocks.{layer}.resid_post"][-1]
            worst[layer] = max(worst[layer], relative_rms(found[layer], expected))
    return worst


def llama_cpp_agreement(path, prompts, last_logits):
    """Worst distance of llama.cpp's last logits and how often both name the same likeliest token."""
    import llama_cpp

    engine = llama_cpp.Llama(
        model_path=path, n_ctx=512, n_batch=512, n_threads=2, n_threads_batch=2, logits_all=False,
        type_k=llama_cpp.GGML_TYPE_F32, type_v=llama_cpp.GGML_TYPE_F32, flash_attn=False, verbose=False)
    distances, same = [], 0
    for ids, expected in zip(prompts, last_logits, strict=True):
        engine.reset()
        engine.eval(ids)
        found = np.ctypeslib.as_array(
            llama_cpp.llama_get_logits_ith(engine.ctx, -1), shape=(expected.shape[0],)).copy()
        distances.append(relative_rms(found, expected))
        same += int(found.argmax() == expected.argmax())
    return distances, same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", required=True, help="SmolLM2-135M-Instruct as GGUF")
    parser.add_argument("--verify", action="store_true", help="compare with the golden, write nothing")
    options = parser.parse_args()
    torch.set_num_threads(2)
    transformers.utils.logging.disable_progress_bar()
    path = os.path.abspath(options.model)
    texts, prompts, differing = tokenize(path)
    print("lengths:", dict(zip(PROMPTS, map(len, prompts), strict=True)))
    print("transformers' GGUF tokenizer differs from llama.cpp on:", differing or "nothing")

    start = time.time()
    model = AutoModelForCausalLM.from_pretrained(
        os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32,
        attn_implementation="eager").eval()
    config = model.config
    print(f"loaded in {time.time() - start:.0f} s: rope {config.rope_parameters}, eps {config.rms_norm_eps}")
    equal = check_weights(path, model)
    print(f"dequantised weights: {equal} tensors bit-identical to gguf-py's")

    tensors, last_rows, last_logits = {}, [], []
    for k, ids in enumerate(prompts):
        rows, logits = run(model, ids)
        tensors[f"prompt{k}/ids"] = np.array(ids, np.int32)
        tensors[f"prompt{k}/logits.argmax"] = logits.argmax(-1).astype(np.int32)
        last_rows.append(rows)
        last_logits.append(logits[-1])
    order = np.argsort(-np.stack(last_logits), axis=-1, kind="stable")[:, :5]
    tensors["resid_post"] = np.stack(last_rows)
    tensors["logits.top5.ids"] = order.astype(np.int32)
    tensors["logits.top5.values"] = np.take_along_axis(np.stack(last_logits), order, axis=-1)

    if options.verify:
        golden = load_file(os.path.join(GOLDENS, "golden.safetensors"))
        assert golden.keys() == tensors.keys()
        for name, value in golden.items():
            if value.dtype == np.float32:
                print(f"{name}: {relative_rms(tensors[name], value):.2e} of the RMS")
            else:
                assert np.array_equal(tensors[name], value), name
        return

    noise = float64_distance(model, prompts, last_rows)
    print(f"float64: resid_post at most {noise.max():.1e} of the RMS away, in layer {noise.argmax()}")
    assert noise.max() < 1e-5
    distances, same = llama_cpp_agreement(path, prompts, last_logits)
    print(f"llama.cpp: last logits {min(distances):.1e} to {max(distances):.1e} of the RMS away, "
          f"same likeliest token in {same} of {len(prompts)}")
    os.makedirs(GOLDENS, exist_ok=True)
    save_file(tensors, os.path.join(GOLDENS, "golden.safetensors"))
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    versions = ("torch", "transformers", "gguf", "safetensors", "numpy", "llama-cpp-python", "accelerate")
    manifest = {
        "made_by": "scripts/goldens/smollm2.py",
        "versions": {name: importlib.metadata.version(name) for name in versions},
        "model": os.path.basename(path), "model_sha256": digest,
        "computed": "transformers from the GGUF, float32, eager attention, one prompt at a time, no cache; "
                    "resid_post is each block's own output (by hook), before the final norm",
        "ids": "llama.cpp's tokenizer; special tokens are parsed in rendered chats only, no BOS is added",
        "weights_bit_identical_to_gguf_py": f"{equal} of {len(gguf.GGUFReader(path).tensors)}",
        "transformers_tokenizer_differs_on": differing,
        "float64_distance_by_layer": [float(f"{value:.2e}") for value in noise],
        "llama_cpp": {
            "note": "its products round activations to 8 bits, so only rough agreement is possible",
            "last_logits_distance": [float(f"{d:.2e}") for d in distances],
            "same_likeliest_token": f"{same} of {len(prompts)}"},
        "prompts": [
            {"name": name, **entry, "rendered": text, "tokens": len(ids)}
            for (name, entry), text, ids in zip(PROMPTS.items(), texts, prompts, strict=True)],
    }
    with open(os.path.join(GOLDENS, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main()
