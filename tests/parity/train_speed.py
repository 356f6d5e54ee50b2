# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens a second of training an SAE from text, end to end, by SAELens and by ours, side by side in
one run: Pythia-70m's shape with random weights, layer 1's MLP output, 512 → 2048, 8 × 128 tokens a
step, float32 (ours also with the model in bfloat16), WikiText-2. Both sides start with the same SAE:
once a young one, half of whose features are active, once one of which 1% are, as for most of a run;
then a whole run from the young one, which grows sparse on the way.
Opening the model and writing the result count on neither side: each rate is that of the steps
between a short run and a long one.

    tests/parity/setup_python && .deps/python/bin/python tests/parity/train_speed.py
    FEATURESCOPE_BIN: where featurescope lies (default: build/release/bin)
    FEATURESCOPE_TEST_DATA: Pythia's tokenizer and the text

SAELens trains only with what it requires (transformer-lens, datasets, …), which setup_python leaves
out; install that into a Python of your own and run the script with it."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("FEATURESCOPE_BIN", str(ROOT / "build/release/bin"))
os.environ.setdefault("FEATURESCOPE_TEST_DATA", str(ROOT.parent / "shared/data"))

from comparison import DATA, figures  # noqa: E402

try:
    from datasets import Dataset
    from sae_lens import (LanguageModelSAERunnerConfig, LanguageModelSAETrainingRunner,
                          LoggingConfig, StandardTrainingSAE, StandardTrainingSAEConfig)
except ImportError as missing:
    sys.exit(f"SAELens cannot train here: {missing}")

NAME, TEXT = "gpt_neox.layers.1.mlp.dense_4h_to_h", DATA / "wikitext2_valid.txt"
BATCH, CONTEXT, SHORT, LONG, WHOLE, ROUNDS = 8, 128, 20, 120, 1000, 3
WIDTH, FEATURES = 512, 2048
L1, WHOLE_L1 = 0.05, 1.0  # the second: from half to 1.4% active within WHOLE steps


def make_model(folder):
    torch.manual_seed(1)
    config = GPTNeoXConfig(num_hidden_layers=6, hidden_size=512, num_attention_heads=8,
                           intermediate_size=2048, vocab_size=50304, rotary_pct=0.25,
                           hidden_act="gelu")
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(DATA / "pythia_tokenizer.json"),
                                        bos_token="<|endoftext|>", eos_token="<|endoftext|>")
    tokenizer.save_pretrained(folder)
    shutil.copy(DATA / "pythia_tokenizer.json", folder / "tokenizer.json")


@torch.no_grad()
def make_start(folder, active):
    """folder/start.safetensors: an SAE of which a share of the features is active on the text."""
    model = GPTNeoXForCausalLM.from_pretrained(folder / "model")
    kept = []
    model.get_submodule(NAME).register_forward_hook(lambda module, given, out: kept.append(out))
    tokenizer = Tokenizer.from_file(str(DATA / "pythia_tokenizer.json"))
    ids = tokenizer.encode(TEXT.read_text(encoding="utf-8")[:100_000]).ids[:BATCH * CONTEXT]
    model(torch.tensor(ids).view(BATCH, CONTEXT))
    x = kept[0].flatten(0, 1)
    decoder = torch.nn.functional.normalize(torch.randn(FEATURES, WIDTH), dim=1)
    products = (x - x.mean(0)) @ decoder.T
    threshold = products.sort(dim=0).values[int((1 - active) * len(products))]
    save_file({"W_enc": decoder.T.contiguous(), "W_dec": decoder, "b_enc": -threshold,
               "b_dec": x.mean(0)}, folder / "start.safetensors")


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rate(run, steps):
    """Tokens a second of `run(steps)`, the start left out."""
    spent = seconds_of(lambda: run(steps)) - seconds_of(lambda: run(SHORT))
    return (steps - SHORT) * BATCH * CONTEXT / spent


def show_rates(name, folder, steps, l1):
    theirs = rate(lambda count: sae_lens(folder, count, l1), steps)
    float32, rounded = (rate(lambda count, dtype=dtype: ours(folder, count, dtype, l1), steps)
                        for dtype in ("float32", "bfloat16"))
    print(f"{name:9}{theirs:25.0f}{float32:10.0f}{float32 / theirs:10.2f}{rounded:26.0f}"
          f"{rounded / theirs:10.2f}", flush=True)


def sae_lens(folder, steps, l1):
    text = TEXT.read_text(encoding="utf-8")
    pieces = [text[i:i + 20_000] for i in range(0, len(text), 20_000)]
    config = LanguageModelSAERunnerConfig(
        sae=StandardTrainingSAEConfig(d_in=WIDTH, d_sae=FEATURES, l1_coefficient=l1,
                                      normalize_activations="none"),
        model_name=str(folder / "model"), model_class_name="AutoModelForCausalLM", hook_name=NAME,
        is_dataset_tokenized=False, streaming=False, prepend_bos=False, context_size=CONTEXT,
        training_tokens=steps * BATCH * CONTEXT, train_batch_size_tokens=BATCH * CONTEXT,
        store_batch_size_prompts=BATCH, n_batches_in_buffer=16, lr=1e-4, device="cpu",
        dtype="float32", n_checkpoints=0, checkpoint_path=str(folder / "checkpoints"),
        output_path=None, verbose=False,
        logger=LoggingConfig(log_to_wandb=False))
    sae = StandardTrainingSAE(config.sae)
    sae.load_state_dict(load_file(folder / "start.safetensors"))
    LanguageModelSAETrainingRunner(config, override_dataset=Dataset.from_dict({"text": pieces}),
                                   override_sae=sae).run()


def ours(folder, steps, dtype, l1):
    """Returns l0 of the last step."""
    return figures("train", "--model", folder / "model", "--layer", 1, "--text", TEXT,
                   "--features", FEATURES, "--init", folder / "start.safetensors",
                   "--l1-coeff", l1, "--l1-mode", "fixed", "--batch", BATCH, "--context", CONTEXT,
                   "--steps", steps, "--dtype", dtype, "--out", folder / "run", "--force")["l0"]


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_model(folder / "model")
        print("active     tokens a second: SAELens      ours     ratio   "
              "ours, model in bfloat16     ratio")
        for active in (0.5, 0.01):
            make_start(folder, active)
            for _ in range(ROUNDS):
                show_rates(f"{active:.0%}", folder, LONG, L1)
            print(f"         l0 after {LONG} of our steps: {ours(folder, LONG, 'float32', L1):.1f}")
        make_start(folder, 0.5)
        show_rates("whole run", folder, WHOLE, WHOLE_L1)
        print(f"         l0 after {WHOLE} of our steps: {ours(folder, WHOLE, 'float32', WHOLE_L1):.1f}")


if __name__ == "__main__":
    main()
