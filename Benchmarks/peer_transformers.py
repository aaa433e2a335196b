"""transformers: one forward hook per block, the decoder without the language-model head."""

import os

import torch
import torch_job
from transformers import AutoModelForCausalLM


class Transformers:
    def __init__(self, path, dtype):
        where = {"pretrained_model_name_or_path": path}
        if path.endswith(".gguf"):
            where = {"pretrained_model_name_or_path": os.path.dirname(path), "gguf_file": os.path.basename(path)}
        self.decoder = AutoModelForCausalLM.from_pretrained(**where, dtype=dtype).eval().model
        self.found = []
        for block in self.decoder.layers:
            block.register_forward_hook(self.keep)

    def keep(self, block, inputs, output):
        hidden = output[0] if isinstance(output, tuple) else output
        self.found.append(hidden[torch.arange(len(hidden)), self.last])

    def rows(self, ids, last):
        self.last = last
        self.found.clear()
        self.decoder(input_ids=ids, use_cache=False)
        return torch.stack(self.found, dim=1)


if __name__ == "__main__":
    torch_job.run(Transformers)
