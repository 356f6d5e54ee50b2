# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's random numbers, written anew from the papers (xoshiro256** seeded by SplitMix64), so
that a reference can draw what a run draws."""

import torch

MASK = (1 << 64) - 1


def rotate_left(value, bits):
    return ((value << bits) | (value >> (64 - bits))) & MASK


class SplitMix:
    def __init__(self, state):
        self.state = state

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


class RandomStream:
    def __init__(self, seed, purpose):
        mixed = SplitMix(seed)
        for byte in purpose.encode():
            mixed.state = mixed.next() ^ byte
        self.state = [mixed.next() for _ in range(4)]

    def next(self):
        s = self.state
        result = (rotate_left(s[1] * 5 & MASK, 7) * 9) & MASK
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate_left(s[3], 45)
        return result

    def uniform(self):
        return (self.next() >> 11) * 2.0 ** -53

    def kaiming_uniform(self, rows, columns, fan_in):
        bound = (6 / fan_in) ** 0.5
        values = [(2 * self.uniform() - 1) * bound for _ in range(rows * columns)]
        return torch.tensor(values, dtype=torch.float64).float().view(rows, columns)
