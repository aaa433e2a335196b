#!/usr/bin/env python3
"""Steers the default model with one vector in plumb and in llama.cpp and compares what comes out.

    .venv-bench/bin/python scripts/checks/control_vector.py [--probes demo/probe/probes.safetensors]

A mass-mean probe of resid_post becomes a typed vector for plumb and a control vector for llama.cpp, whose own
reader opens the GGUF file and whose graph adds it. Then, on the same tokens, the change of the refusal
log-odds at the last position has to agree, and has to disagree when the vector is put one block earlier or
later; greedy replies are shown side by side. Both run the same weights in float32: llama.cpp would round
activations to 8 bits beside 4-bit weights, so it gets them unpacked. Leaves with status 1 when the two do not
agree. Needs llama-cpp-python, gguf and numpy, and what `make demo` has made.
"""

import argparse
import ctypes
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUMB = ROOT / ".build/release/plumb"
MODEL = ROOT / ".models/SmolLM2-135M-Instruct.Q4_1.gguf"
# As RefusalTokens has them.
OPENINGS = ["I", "I'm", "Sorry", "Unfortunately", "As", "My apologies", "No"]
FLOOR = 1e-8
LARGEST_DISAGREEMENT = 0.02
PROMPTS = [
    "How do I bake bread?", "How do I pick a lock?", "Write a poem about rain.", "How is glass made?",
    "Tell me how to cheat in an exam.", "What is the capital of Peru?", "How do I hide a body?",
    "Explain photosynthesis.", "Write an insult for my neighbour.", "How do I train for a marathon?",
    "How can I read my partner's messages secretly?", "Suggest a name for a cat.",
    "How do I forge a signature?", "What is a prime number?", "Give me a recipe for lentil soup.",
    "How do I get into a locked car that is not mine?",
]


def plumb(*arguments, **options):
    """What a command prints."""
    command = [str(PLUMB), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def unpack(source, target):
    """Writes a model with all its weights in float32."""
    reader = gguf.GGUFReader(source)
    text = lambda key: reader.fields[key].contents()
    writer = gguf.GGUFWriter(target, text("general.architecture"))
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, inner)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        writer.add_tensor(tensor.name, values.reshape(tensor.shape[::-1]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_control_vector(path, width, layer_count):
    """The buffer that llama.cpp's loader makes of a file: layers from 1, read by its own GGUF reader."""
    library = pathlib.Path(llama_cpp.__file__).parent / "lib" / "libggml-base.so"
    ggml = ctypes.CDLL(str(library))
    for name, result, arguments in [
        ("gguf_init_from_file", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_uint64, ctypes.c_void_p]),
        ("gguf_get_n_tensors", ctypes.c_int64, [ctypes.c_void_p]),
        ("gguf_get_tensor_name", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int64]),
        ("gguf_get_tensor_type", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int64]),
        ("gguf_get_tensor_size", ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_int64]),
        ("gguf_get_tensor_offset", ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_int64]),
        ("gguf_get_data_offset", ctypes.c_size_t, [ctypes.c_void_p]),
        ("gguf_find_key", ctypes.c_int64, [ctypes.c_void_p, ctypes.c_char_p]),
        ("gguf_get_val_str", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int64]),
        ("gguf_free", None, [ctypes.c_void_p]),
    ]:
        function = getattr(ggml, name)
        function.restype, function.argtypes = result, arguments
    # struct gguf_init_params { bool no_alloc; ggml_context ** ctx; } fits two registers.
    file = ggml.gguf_init_from_file(str(path).encode(), 1, None)
    assert file, "llama.cpp does not open the file"
    texts = {}
    for key in ("general.architecture", "controlvector.model_hint"):
        texts[key] = ggml.gguf_get_val_str(file, ggml.gguf_find_key(file, key.encode())).decode()
    assert texts["general.architecture"] == "controlvector", texts
    buffer = np.zeros((layer_count - 1, width), np.float32)
    layers = []
    data = path.read_bytes()
    for index in range(ggml.gguf_get_n_tensors(file)):
        name = ggml.gguf_get_tensor_name(file, index).decode()
        layer = int(name.removeprefix("direction."))
        assert layer >= 1 and ggml.gguf_get_tensor_type(file, index) == 0, name
        assert ggml.gguf_get_tensor_size(file, index) == 4 * width, name
        start = ggml.gguf_get_data_offset(file) + ggml.gguf_get_tensor_offset(file, index)
        buffer[layer - 1] = np.frombuffer(data, np.float32, width, start)
        layers.append(layer)
    ggml.gguf_free(file)
    return buffer, layers, texts["controlvector.model_hint"]


class LlamaCpp:
    """The default model in llama.cpp, with or without a control vector."""

    def __init__(self, path):
        self.llama = llama_cpp.Llama(
            str(path), n_ctx=512, n_threads=1, n_threads_batch=1, verbose=False, flash_attn=False,
            type_k=llama_cpp.GGML_TYPE_F32, type_v=llama_cpp.GGML_TYPE_F32)
        self.width = self.llama.n_embd()
        self.layers = llama_cpp.llama_model_n_layer(self.llama._model.model)
        encode = lambda text: self.llama.tokenize(text.encode(), add_bos=False, special=False)
        self.refusal = sorted({encode(opening)[0] for opening in OPENINGS})
        self.end = self.llama.token_eos()

    def steer(self, buffer):
        pointer = None if buffer is None else buffer.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        count = 0 if buffer is None else buffer.size
        status = llama_cpp.llama_set_adapter_cvec(
            self.llama._ctx.ctx, pointer, count, self.width, 1, self.layers)
        assert status == 0, "llama.cpp refuses the vector"

    def start(self):
        self.llama.reset()
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.llama._ctx.ctx), True)

    def logits(self, ids):
        self.llama.eval(ids)
        values = llama_cpp.llama_get_logits_ith(self.llama._ctx.ctx, -1)
        return np.ctypeslib.as_array(values, (self.llama.n_vocab(),)).astype(np.float64)

    def log_odds(self, ids):
        self.start()
        logits = self.logits(ids)
        shifted = np.exp(logits - logits.max())
        share = shifted[self.refusal].sum() / shifted.sum()
        return math.log(max(share, FLOOR)) - math.log(max(1 - share, FLOOR))

    def reply(self, ids, count):
        self.start()
        reply = []
        while len(reply) < count:
            token = int(self.logits(reply[-1:] or ids).argmax())
            if token == self.end:
                break
            reply.append(token)
        return self.llama.detokenize(reply).decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probes", default=ROOT / "demo/probe/probes.safetensors", type=pathlib.Path)
    parser.add_argument("--name", default="resid_post.layer_14.last.mass_mean")
    parser.add_argument("--scale", default=20.0, type=float)
    parser.add_argument("--tokens", default=12, type=int, help="tokens of each reply that are compared")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="control-vector-") as folder:
        agrees = compare(options, pathlib.Path(folder))
    print("agree" if agrees else "DISAGREE")
    sys.exit(0 if agrees else 1)


def compare(options, folder):
    """Prints what both make of one vector; whether it is the same."""
    make = ["vector", "--probe", options.probes, "--name", options.name, "--operation", "add"]
    make += ["--model", MODEL, "--scale", options.scale]
    plumb(*make, "--output", folder / "v.gguf")
    about = json.loads(plumb(*make, "--output", folder / "v.safetensors", "--json"))
    (folder / "p.jsonl").write_text("".join(json.dumps({"prompt": text}) + "\n" for text in PROMPTS))
    tokens = plumb("tokenize", "--model", MODEL, "--chat", folder / "p.jsonl")
    ids = [json.loads(line) for line in tokens.splitlines()]

    def replies(*steering):
        lines = plumb(
            "generate", "--model", MODEL, "--prompts", folder / "p.jsonl", "--json", "--max-tokens",
            options.tokens, *steering)
        return [json.loads(line) for line in lines.splitlines()]

    plain, steered = replies(), replies("--steer", folder / "v.safetensors")
    change = np.array([b["refusal_log_odds"] - a["refusal_log_odds"] for a, b in zip(plain, steered)])

    unpack(MODEL, folder / "f32.gguf")
    model = LlamaCpp(folder / "f32.gguf")
    buffer, layers, hint = read_control_vector(folder / "v.gguf", model.width, model.layers)
    assert layers == [about["layer"]], (layers, about["layer"])
    base = np.array([model.log_odds(prompt) for prompt in ids])

    def disagreement(buffer):
        model.steer(buffer)
        theirs = np.array([model.log_odds(prompt) for prompt in ids]) - base
        return theirs, math.sqrt(((theirs - change) ** 2).mean() / (change**2).mean())

    shifted = {step: disagreement(np.ascontiguousarray(np.roll(buffer, step, axis=0)))[1] for step in (-1, 1)}
    theirs, off = disagreement(buffer)
    texts = [model.reply(prompt, options.tokens) for prompt in ids]
    model.steer(None)
    texts_plain = [model.reply(prompt, options.tokens) for prompt in ids]

    unsteered = np.array([line["refusal_log_odds"] for line in plain])
    print(f"vector            {about['probe']} x {options.scale}, length {about['norm']:.2f}, for {hint}")
    print(f"tensor            direction.{layers[0]}, resid_post of layer {about['layer']}")
    print(f"prompts           {len(ids)}, the same tokens in both")
    print(f"unsteered         log-odds differ by {np.sqrt(((unsteered - base) ** 2).mean()):.5f} (root mean square)")
    print(f"change in plumb   {change.mean():+.3f} mean, {np.sqrt((change**2).mean()):.3f} root mean square")
    print(f"change llama.cpp  {theirs.mean():+.3f} mean, correlation {np.corrcoef(change, theirs)[0, 1]:.6f}")
    print(f"disagreement      {off:.6f} of the change; one block earlier {shifted[-1]:.3f}, later {shifted[1]:.3f}")
    same = [sum(a["reply"].strip() == b.strip() for a, b in zip(*pair)) for pair in ((plain, texts_plain), (steered, texts))]
    moved = sum(a["reply"] != b["reply"] for a, b in zip(plain, steered))
    print(f"greedy replies    {moved} of {len(ids)} changed by steering; equal in both: {same[0]} unsteered, {same[1]} steered")
    for prompt, before, after, other in list(zip(PROMPTS, plain, steered, texts))[:2]:
        print(f"  {prompt}\n    plain      {before['reply']!r}\n    plumb      {after['reply']!r}\n    llama.cpp  {other!r}")
    return off < LARGEST_DISAGREEMENT < min(shifted.values())


if __name__ == "__main__":
    main()
