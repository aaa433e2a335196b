"""TransformerLens 4: TransformerBridge, its run_with_cache limited to the blocks' residual stream.

The bridge keeps transformers' own modules and weights and always uses eager attention. It cannot stop after
the last block; logits_to_keep limits the language-model head to one position.
"""

import torch
import torch_job
from transformer_lens.model_bridge import TransformerBridge


class Bridge:
    def __init__(self, folder, dtype):
        self.bridge = TransformerBridge.boot_transformers(folder, device="cpu", dtype=dtype)
        self.names = [f"blocks.{layer}.hook_out" for layer in range(self.bridge.cfg.n_layers)]

    def rows(self, ids, last):
        every = torch.arange(len(ids))
        _, cache = self.bridge.run_with_cache(
            ids, return_cache_object=False, names_filter=self.names, return_type=None,
            use_cache=False, logits_to_keep=1)
        return torch.stack([cache[name][every, last] for name in self.names], dim=1)


if __name__ == "__main__":
    torch_job.run(Bridge)
