# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read our files with: pandas, scipy and safetensors open every kind of output as
docs/python-and-r.md shows, SAELens a trained SAE; and what they find there agrees with itself and with
what SAELens and SQL compute from it."""

import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import pandas
import torch
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

from comparison import Comparison, featurescope
from sae_libraries import load_libraries


def read_csv(path, **settings):
    """Numbers to the bit, which pandas reads only when it is asked to, and tokens as they are."""
    return pandas.read_csv(path, float_precision="round_trip", keep_default_na=False, **settings)


def same_numbers(ours, theirs, kind):
    return bool((ours.to_numpy(kind) == theirs.to_numpy(kind)).all())


def read_index(table, demo, folder):
    """The documented views and the CSV of the verbs hold the same rows."""
    path = demo / "index.sqlite"
    index = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    by_view = pandas.read_sql("SELECT * FROM feature_table", index, index_col="feature")
    featurescope("features", path, "--csv", folder / "features.csv")
    by_csv = read_csv(folder / "features.csv", index_col="feature")
    label = "feature table"
    table.equal(label, f"{len(by_csv)} features", list(by_csv.index), list(by_view.index))
    # The weights' and activations' own figures are float32: decimals that read back to those.
    for kind, columns in ((numpy.float64, ("density", "active_tokens", "mean_active", "cosine_to_dead",
                                           "decoder_norm")),
                          (numpy.float32, ("max", "encoder_bias"))):
        for column in columns:
            table.equal(label, column, same_numbers(by_csv[column], by_view[column], kind), True)
    table.equal(label, "top_token", by_csv.top_token.tolist(), by_view.top_token.tolist())
    table.equal(label, "dead", by_csv.dead.tolist(), by_view.dead.tolist())
    tokens = index.execute("SELECT count(*) FROM corpus").fetchone()[0]
    table.equal(label, "density is active tokens / tokens",
                bool(numpy.allclose(by_view.density, by_view.active_tokens / tokens, rtol=1e-12)), True)

    feature = int(by_view["max"].idxmax())
    featurescope("activations", path, feature, "--limit", 50, "--csv", folder / "activations.csv")
    rows = read_csv(folder / "activations.csv")
    stored = pandas.read_sql("SELECT * FROM top_activation WHERE feature = ? ORDER BY rank", index,
                             params=(feature,))
    label = f"activations of {feature}"
    for column in ("rank", "position", "str_token", "context"):
        table.equal(label, column, rows[column].tolist(), stored[column].tolist())
    table.equal(label, "activation", same_numbers(rows.activation, stored.activation, numpy.float32), True)
    table.equal(label, "the first is the table's max", stored.activation[0], by_view["max"][feature])
    provenance = dict(index.execute("SELECT key, value FROM provenance"))
    table.equal(label, "provenance", (provenance["features"], provenance["site"]),
                ("1024", "gpt_neox.layers.1.mlp.dense_4h_to_h"))


def read_encoded(table, demo, folder):
    x = torch.randn(300, 128, generator=torch.Generator().manual_seed(5)).numpy()
    save_file({"activations": x}, folder / "x.safetensors")
    for name, flags in (("dense", ()), ("sparse", ("--sparse",))):
        featurescope("encode", "--sae", demo / "sae", "--activations", folder / "x.safetensors", "--out",
                     folder / f"{name}.safetensors", *flags)
    dense, sparse = (load_file(folder / f"{name}.safetensors") for name in ("dense", "sparse"))
    code = csr_matrix((sparse["values"], sparse["indices"], sparse["indptr"]),
                      shape=dense["features"].shape)
    table.equal("encode", "scipy's matrix is the dense one", bool((code.toarray() == dense["features"]).all()),
                True)
    table.equal("encode", "and it is sparse", 0 < code.nnz < dense["features"].size, True)


def read_training(table, demo, folder):
    run = folder / "run"
    featurescope("train", "--model", demo / "model", "--layer", 1, "--text", demo / "texts/heldout.jsonl",
                 "--steps", 12, "--log-every", 1, "--out", run, "--quiet")
    metrics = read_csv(run / "metrics.csv")
    table.equal("training", "columns", list(metrics.columns), [
        "step", "tokens", "loss", "recon_loss", "l1_loss", "l1_coeff", "l0", "dead", "lr",
        "tokens_per_second"])
    table.equal("training", "steps", metrics.step.tolist(), list(range(12)))
    whole = metrics.recon_loss + metrics.l1_coeff * metrics.l1_loss
    table.equal("training", "loss is the sum of its parts",
                bool(numpy.allclose(metrics.loss, whole, rtol=1e-5)), True)

    load_libraries()
    from sae_lens.registry import register_sae_class
    from sae_lens.saes.sae import SAE
    from sae_lens.saes.standard_sae import StandardSAE, StandardSAEConfig

    register_sae_class("standard", StandardSAE, StandardSAEConfig)
    sae = SAE.load_from_disk(run / "sae")
    x = torch.from_numpy(load_file(folder / "x.safetensors")["activations"])
    with torch.no_grad():
        features = sae.encode(x)
        reconstruction = sae.decode(features)
    featurescope("encode", "--sae", run / "sae", "--activations", folder / "x.safetensors", "--out",
                 folder / "ours.safetensors")
    ours = load_file(folder / "ours.safetensors")
    table.tensor("SAELens", "features", torch.from_numpy(ours["features"]), features)
    table.tensor("SAELens", "reconstruction", torch.from_numpy(ours["reconstruction"]), reconstruction)
    norms = sae.W_dec.norm(dim=1)
    table.tensor("SAELens", "unit decoder rows", norms, torch.ones_like(norms), 1e-6)


def read_fine_tuning(table, demo, folder):
    run = folder / "tuned"
    featurescope("finetune", "--model", demo / "model", "--sae", demo / "sae", "--layer", 1, "--text",
                 demo / "texts/arithmetic.jsonl", "--epochs", 1, "--steps-per-epoch", 5, "--measure-tokens",
                 512, "--out", run, "--quiet")
    tensors = load_file(run / "scales.safetensors")
    scales = read_csv(run / "scales.csv", index_col="feature")
    for name, column in (("c", "scale"), ("d", "bias")):
        # Decimals that read back to the same float32.
        table.equal("fine-tuning", column,
                    scales[column].to_numpy(numpy.float32).tobytes() == tensors[name].tobytes(), True)
    table.equal("fine-tuning", "a feature moved", bool((scales.scale != 1).any()), True)


def run_the_page(table, folder):
    """The programs of docs/python-and-r.md, in a folder that has the files they name."""
    page = (Path(__file__).parents[2] / "docs/python-and-r.md").read_text(encoding="utf-8")
    (folder / "sparse.safetensors").rename(folder / "encoded.safetensors")
    for language, runner in (("python", sys.executable), ("r", shutil.which("Rscript"))):
        program = "\n".join(re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S))
        if runner is None:
            table.equal("docs/python-and-r.md", f"{language}: not tried, it is not installed", True, True)
            continue
        (folder / f"page.{language}").write_text(program, encoding="utf-8")
        done = subprocess.run([runner, folder / f"page.{language}"], cwd=folder, capture_output=True, text=True,
                              check=False)
        print(done.stderr, end="")
        table.equal("docs/python-and-r.md", language, (done.returncode, len(program) > 100), (0, True))


def main():
    table = Comparison()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = folder / "demo"
        featurescope("demo", "--out", demo)
        read_index(table, demo, folder)
        read_encoded(table, demo, folder)
        read_training(table, demo, folder)
        read_fine_tuning(table, demo, folder)
        run_the_page(table, folder)
    table.finish()


if __name__ == "__main__":
    main()
