"""TransformerLens 3.9, the last with HookedTransformer: run_with_cache limited to the blocks' residual stream.

Weights as they are (no folding, so that rows can be compared), names_filter so that nothing else is cached,
stop_at_layer so that neither the last norm nor the head is computed. Its table of models lacks this one, so
the configuration is spelled out here.
"""

import torch
import torch_job
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_llama_weights
from transformers import AutoModelForCausalLM


def configuration(llama, dtype):
    return HookedTransformerConfig(
        n_layers=llama.num_hidden_layers, d_model=llama.hidden_size, d_mlp=llama.intermediate_size,
        n_heads=llama.num_attention_heads, n_key_value_heads=llama.num_key_value_heads, d_head=llama.head_dim,
        d_vocab=llama.vocab_size, n_ctx=2048, act_fn=llama.hidden_act, gated_mlp=True,
        normalization_type="RMS", final_rms=True, eps=llama.rms_norm_eps,
        positional_embedding_type="rotary", rotary_dim=llama.head_dim, rotary_adjacent_pairs=False,
        rotary_base=llama.rope_parameters["rope_theta"], original_architecture="LlamaForCausalLM",
        device="cpu", dtype=dtype)


class Hooked:
    def __init__(self, folder, dtype):
        llama = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
        self.model = HookedTransformer(configuration(llama.config, dtype))
        self.model.load_and_process_state_dict(
            convert_llama_weights(llama, self.model.cfg),
            fold_ln=False, center_writing_weights=False, center_unembed=False, fold_value_biases=False)
        self.layers = self.model.cfg.n_layers
        self.names = [f"blocks.{layer}.hook_resid_post" for layer in range(self.layers)]

    def rows(self, ids, last):
        every = torch.arange(len(ids))
        _, cache = self.model.run_with_cache(
            ids, return_cache_object=False, names_filter=self.names, return_type=None,
            stop_at_layer=self.layers)
        return torch.stack([cache[name][every, last] for name in self.names], dim=1)


if __name__ == "__main__":
    torch_job.run(Hooked)
