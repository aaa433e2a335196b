"""Prints the hash of a thousand components of a random weight direction, as LandscapeTests expects it.

The same numbers as in WeightDirection.swift, written once more: SplitMix64 from a key made of the seed and the FNV-1a
hash of the tensor's name, Box and Muller's normal numbers in pairs, rounded to float32.

Run: python3 scripts/checks/weight_direction.py
"""

import hashlib
import math
import struct

MASK = (1 << 64) - 1
NAMES = ["model.embed_tokens.weight", "model.layers.3.mlp.down_proj.weight"]
SEED = 7
COUNT = 500


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    def normals(self):
        radius = math.sqrt(-2 * math.log((float(self.next() >> 11) + 1) * 2.0**-53))
        angle = 2 * math.pi * float(self.next() >> 11) * 2.0**-53
        return radius * math.cos(angle), radius * math.sin(angle)


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def main():
    root = SplitMix64(SEED).next()
    packed = b""
    for name in NAMES:
        numbers = SplitMix64(SplitMix64(root ^ fnv1a(name)).next())
        components = [value for _ in range(COUNT // 2) for value in numbers.normals()]
        packed += struct.pack(f"<{COUNT}f", *components)
    print(hashlib.sha256(packed).hexdigest())


if __name__ == "__main__":
    main()
