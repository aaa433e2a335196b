"""Writes a Llama-type model folder of any size with random weights, a shard at a time, in bf16 safetensors.

    python Benchmarks/synthetic_model.py FOLDER --parameters 2e9 --tokenizer FOLDER

For measuring memory and throughput where no real model of that size is at hand. Never holds more than a few
MiB: a weight is a draw from 65,536 evenly spaced values, scaled so that activations stay finite. Needs numpy
alone; tokenizer and chat template are copied from another model's folder.
"""

import argparse
import json
import pathlib
import shutil

import numpy as np

WIDTH, FEED_FORWARD, HEADS, KEY_VALUE_HEADS = 2048, 5632, 32, 8
SHARD_BYTES = 1_000_000_000
CHUNK = 1 << 20
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")


def bf16(values):
    """The upper half of each float32's bits; close enough for random numbers."""
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def block_tensors(layer, layers):
    """(name, shape, standard deviation; 0 for ones) of a block's tensors."""
    key_value = WIDTH // HEADS * KEY_VALUE_HEADS
    usual = 1 / WIDTH**0.5
    # What adds to the residual stream is smaller the more blocks add to it.
    deep = (2 * layers) ** -0.5
    shapes = {
        "input_layernorm": ((WIDTH,), 0), "post_attention_layernorm": ((WIDTH,), 0),
        "self_attn.q_proj": ((WIDTH, WIDTH), usual), "self_attn.k_proj": ((key_value, WIDTH), usual),
        "self_attn.v_proj": ((key_value, WIDTH), usual), "self_attn.o_proj": ((WIDTH, WIDTH), usual * deep),
        "mlp.gate_proj": ((FEED_FORWARD, WIDTH), usual), "mlp.up_proj": ((FEED_FORWARD, WIDTH), usual),
        "mlp.down_proj": ((WIDTH, FEED_FORWARD), FEED_FORWARD**-0.5 * deep),
    }
    for name, (shape, deviation) in shapes.items():
        yield f"model.layers.{layer}.{name}.weight", shape, deviation


def all_tensors(parameters, vocabulary):
    per_block = sum(int(np.prod(shape)) for _, shape, _ in block_tensors(0, 1))
    layers = max(1, round((parameters - vocabulary * WIDTH) / per_block))
    tensors = [("model.embed_tokens.weight", (vocabulary, WIDTH), 1.0)]
    for layer in range(layers):
        tensors += block_tensors(layer, layers)
    return layers, [*tensors, ("model.norm.weight", (WIDTH,), 0)]


def shards(tensors):
    """Runs of tensors of about SHARD_BYTES."""
    run, size = [], 0
    for tensor in tensors:
        run.append(tensor)
        size += 2 * int(np.prod(tensor[1]))
        if size >= SHARD_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def write_shard(path, tensors, generator):
    header, offset = {}, 0
    for name, shape, _ in tensors:
        end = offset + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    steps = np.linspace(-(3**0.5), 3**0.5, 1 << 16)  # of variance 1
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape, deviation in tensors:
            table = bf16(steps * deviation) if deviation else bf16(np.ones(1 << 16))
            for start in range(0, int(np.prod(shape)), CHUNK):
                count = min(CHUNK, int(np.prod(shape)) - start)
                file.write(table[generator.integers(0, 1 << 16, count, dtype=np.uint16)].tobytes())
    return offset


def write_model(folder, parameters, tokenizer, seed=0):
    """Makes FOLDER, complete or not at all."""
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in TOKENIZER_FILES:
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, unfinished / name)
    donor = json.loads((tokenizer / "config.json").read_text(encoding="utf-8"))
    layers, tensors = all_tensors(parameters, donor["vocab_size"])
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "bfloat16",
        "hidden_size": WIDTH, "intermediate_size": FEED_FORWARD, "num_hidden_layers": layers,
        "num_attention_heads": HEADS, "num_key_value_heads": KEY_VALUE_HEADS, "head_dim": WIDTH // HEADS,
        "hidden_act": "silu", "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000.0,
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
    } | {key: donor[key] for key in ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id") if key in donor}
    (unfinished / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")

    generator, runs, index, total = np.random.default_rng(seed), list(shards(tensors)), {}, 0
    for number, run in enumerate(runs, 1):
        name = f"model-{number:05d}-of-{len(runs):05d}.safetensors"
        total += write_shard(unfinished / name, run, generator)
        index |= {tensor[0]: name for tensor in run}
    (unfinished / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": total}, "weight_map": index}), encoding="utf-8")
    unfinished.rename(folder)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--parameters", type=float, default=2e9)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help="a model folder to copy it from")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    total = write_model(options.folder, options.parameters, options.tokenizer, options.seed)
    print(f"{options.folder}: {total / 2:,.0f} parameters, {total / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
