# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens a second of transformers and of ours, side by side in one run: Pythia-70m's shape, 8 × 128
tokens, to layer 1's MLP output (transformers cut there by a hook) and to the logits.

    tests/parity/setup_python && .deps/python/bin/python tests/parity/forward_speed.py
    FEATURESCOPE_BIN: where featurescope-bench lies (default: build/release/bin)
"""

import json
import os
import subprocess
import time
from pathlib import Path

import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

ROOT = Path(__file__).resolve().parents[2]
BENCH = Path(os.environ.get("FEATURESCOPE_BIN", ROOT / "build/release/bin")) / "featurescope-bench"
ROWS, LENGTH, ROUNDS = 8, 128, 3
DTYPES = {"float32": (torch.float32, 6), "bfloat16": (torch.bfloat16, 15)}  # and at::ScalarType


class Reached(Exception):
    """Ends a pass at the hook."""


def transformers_rate(model, tokens, cut):
    """Tokens a second, the best of a few passes after one to warm up."""
    def stop(*_):
        raise Reached

    hook = model.gpt_neox.layers[1].mlp.dense_4h_to_h.register_forward_hook(stop) if cut else None
    seconds = []
    with torch.no_grad():
        for _ in range(6):
            start = time.perf_counter()
            try:
                model(tokens, use_cache=False)
            except Reached:
                pass
            seconds.append(time.perf_counter() - start)
    if hook:
        hook.remove()
    return tokens.numel() / min(seconds[1:])


def our_rate(name, scalar_type):
    printed = subprocess.run(
        [BENCH, f"--benchmark_filter=^{name}/dtype:{scalar_type}/", "--benchmark_format=json",
         "--benchmark_repetitions=5", "--benchmark_min_time=0.2"],
        check=True, capture_output=True).stdout
    runs = json.loads(printed)["benchmarks"]
    return max(run["items_per_second"] for run in runs if run["run_type"] == "iteration")


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    config = GPTNeoXConfig(num_hidden_layers=6, hidden_size=512, num_attention_heads=8,
                           intermediate_size=2048, vocab_size=50304)
    tokens = torch.randint(0, 50000, (ROWS, LENGTH))
    print(f"{'':26} transformers      ours     ratio   (tokens a second, best of {ROUNDS} rounds)")
    for dtype_name, (dtype, scalar_type) in DTYPES.items():
        model = GPTNeoXForCausalLM(config).to(dtype).eval()
        for label, cut, name in (("to layer 1", True, "forwardToLayerOne"),
                                 ("logits", False, "forwardLogits")):
            # Rounds take turns, so that a busy machine slows both alike.
            rounds = [(transformers_rate(model, tokens, cut), our_rate(name, scalar_type))
                      for _ in range(ROUNDS)]
            theirs, ours = (max(rates) for rates in zip(*rounds))
            print(f"{label + ', ' + dtype_name:26} {theirs:12.0f} {ours:9.0f} {ours / theirs:9.2f}")


if __name__ == "__main__":
    main()
