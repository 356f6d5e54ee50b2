# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parity scripts share: running our program, and a table of differences."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

TOLERANCE = 1e-4  # of the expected tensor's largest magnitude: float32 sums in another order
DATA = Path(os.environ["FEATURESCOPE_TEST_DATA"])
PROGRAM = Path(os.environ["FEATURESCOPE_BIN"]) / "featurescope"
DEVICE = os.environ.get("FEATURESCOPE_DEVICE", "cpu")


def command(*arguments):
    """`featurescope ARGUMENTS` on the device under test, in float32 unless they say otherwise."""
    given = list(map(str, arguments))
    if "--device" not in given:
        given += ["--device", DEVICE]
    if "--dtype" not in given:
        given += ["--dtype", "float32"]
    return [PROGRAM, *given]


def featurescope(*arguments, stdin=None):
    """Standard output of `featurescope ARGUMENTS`; an error there ends this script."""
    result = subprocess.run(command(*arguments), input=stdin, capture_output=True)
    if result.returncode != 0:
        sys.exit(f"featurescope {' '.join(map(str, arguments))}\n{result.stderr.decode()}")
    return result.stdout


def figures(*arguments):
    """The one JSON object that `featurescope ARGUMENTS --json` prints."""
    return json.loads(featurescope(*arguments, "--json", "--quiet"))


class Comparison:
    """Collects differences as a table, a row for each label, and ends the script with 1 when one of
    them is too large."""

    def __init__(self):
        self.rows = {}
        self.good = True

    def tensor(self, label, what, actual, expected, tolerance=TOLERANCE):
        """max |actual − expected| / max |expected|."""
        if actual.shape != expected.shape:
            self.add(label, f"{what}: {list(actual.shape)}, not {list(expected.shape)}", False)
            return
        difference = (actual.double() - expected.double()).abs().max()
        error = (difference / expected.double().abs().max()).item()
        self.add(label, f"{what} {error:.1e}", error <= tolerance)

    def number(self, label, what, actual, expected, tolerance=1e-5):
        """|actual − expected| / |expected|."""
        error = abs(actual - expected) / max(abs(expected), 1e-30)
        self.add(label, f"{what} {error:.1e}", error <= tolerance)

    def equal(self, label, what, actual, expected):
        """Exact equality; `what` says what was compared."""
        self.add(label, what if actual == expected else f"{what}: differs", actual == expected)

    def add(self, label, text, good):
        self.rows.setdefault(label, []).append(text if good else f"FAILED {text}")
        self.good = self.good and good

    def finish(self):
        width = max(map(len, self.rows))
        for label, texts in self.rows.items():
            print(f"  {label:{width}}  {'  '.join(texts)}")
        sys.exit(0 if self.good else 1)


def random_sae(width, features, seed):
    """Parameters of a standard SAE with about half of its features active."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape, scale):
        return torch.randn(*shape, generator=generator) * scale

    decoder = torch.nn.functional.normalize(normal(features, width, scale=1.0), dim=1)
    return {
        "W_enc": (decoder.T + normal(width, features, scale=0.01)).contiguous(),
        "W_dec": decoder,
        "b_enc": normal(features, scale=0.1),
        "b_dec": normal(width, scale=0.1),
    }


def save_sae(folder, sae, hook_name, **settings):
    """The SAELens v6 layout; `settings` add to its cfg.json or replace what is there."""
    from safetensors.torch import save_file

    width, features = sae["W_enc"].shape
    folder.mkdir(parents=True, exist_ok=True)
    save_file(sae, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps({
        "architecture": "standard", "d_in": width, "d_sae": features, "dtype": "float32",
        "apply_b_dec_to_input": True, "normalize_activations": "none",
        "reshape_activations": "none", "metadata": {"hook_name": hook_name},
        **settings,
    }))


def pre_activations(sae, x):
    return (x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"]


def decode(sae, f):
    return f @ sae["W_dec"] + sae["b_dec"]
