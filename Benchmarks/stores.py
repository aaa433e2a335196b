"""Whether a peer saw the same tokens and found the same rows as plumb, without which its speed means nothing."""

import h5py
import numpy as np

# Largest RMS of a row's difference over the row's RMS, against plumb's float32 rows.
TOLERANCES = {
    "f32": 1e-4,
    "bf16": 1e-1,  # eight bits, rounded in every block: 3e-2 seen on 32 prompts
    "q4_1": 1e-1,  # llama.cpp multiplies 4-bit weights with activations rounded to 8 bits
}


class Disagreement(Exception):
    """The rows or tokens of two stores differ; the text says how."""


def worst_row(found, expected):
    difference = found.astype(np.float64) - expected
    return float(np.sqrt((difference**2).mean(-1) / (expected.astype(np.float64) ** 2).mean(-1)).max())


def check(path, reference, precision):
    """Largest relative RMS difference of any row of any activation in `path`."""
    errors = []
    with h5py.File(path, "r") as found, h5py.File(reference, "r") as expected:
        for name in ("prompts/token_offset", "tokens/id"):
            if not np.array_equal(found[name][:], expected[name][:]):
                raise Disagreement(f"{name} is not plumb's")

        def compare(name, node):
            if isinstance(node, h5py.Dataset):
                errors.append(worst_row(node[:], expected["activations"][name][:]))

        found["activations"].visititems(compare)
    if not max(errors) <= TOLERANCES[precision]:
        raise Disagreement(
            f"worst row differs by {max(errors):.1e} of its RMS, more than {TOLERANCES[precision]:.0e}")
    return max(errors)
