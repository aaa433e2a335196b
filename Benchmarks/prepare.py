"""Makes what all peers share: the same weights for those that cannot read GGUF, the same prompts for all.

    python Benchmarks/prepare.py --model FILE.gguf --folder FOLDER --prompts FILE.jsonl --limit N --output FILE

FOLDER gets the GGUF's dequantised tensors in float32 (safetensors) with tokenizer and template, and
FOLDER/f32.gguf and FOLDER/bf16.gguf for llama.cpp; it is made once. FILE gets a line per prompt: `prompt` as
given, `text` rendered by the model's template with the opening of the answer, and the token `ids` of it.
"""

import argparse
import json
import pathlib
import shutil

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

GGUF_TYPES = {"f32": gguf.GGMLQuantizationType.F32, "bf16": gguf.GGMLQuantizationType.BF16}


def convert(model, folder):
    """A HuggingFace folder with the weights that the GGUF's blocks stand for."""
    where = {"pretrained_model_name_or_path": model.parent, "gguf_file": model.name}
    AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    # Its weights are plain numbers now, yet it would refuse to save what it still calls quantised.
    model.hf_quantizer.remove_quantization_config(model)
    model.save_pretrained(folder)


def requantise(model, output, kind):
    """The same GGUF with its matrices dequantised to `kind`."""
    reader = gguf.GGUFReader(model)
    writer = gguf.GGUFWriter(output, arch=reader.fields["general.architecture"].contents())
    written_by_itself = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture")
    for name, field in reader.fields.items():
        if name not in written_by_itself:
            array = field.types[0] == gguf.GGUFValueType.ARRAY
            writer.add_key_value(name, field.contents(), field.types[0], field.types[-1] if array else None)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        own = GGUF_TYPES[kind] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, gguf.quantize(values, own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def render(folder, prompts, limit, output):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(prompts, encoding="utf-8") as source, open(output, "w", encoding="utf-8") as target:
        for line in list(source)[:limit]:
            prompt = json.loads(line)["prompt"]
            text = tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False)
            # The template writes the special tokens itself.
            ids = tokenizer(text, add_special_tokens=False).input_ids
            target.write(json.dumps({"prompt": prompt, "text": text, "ids": ids}, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--prompts", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()

    if not options.folder.exists():
        unfinished = options.folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        convert(options.model, unfinished)
        for kind in GGUF_TYPES:
            requantise(options.model, unfinished / f"{kind}.gguf", kind)
        unfinished.rename(options.folder)
    render(options.folder, options.prompts, options.limit, options.output)


if __name__ == "__main__":
    main()
