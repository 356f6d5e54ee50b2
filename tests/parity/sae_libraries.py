# SPDX-License-Identifier: GPL-3.0-or-later
"""SAEs of small random weights as the libraries of others save them, and what these compute.

The libraries are installed without what they need for training (tests/parity/setup_python), so only
their modules with the numbers are loaded: a library's own __init__ is not run, and the few names that
its modules want from elsewhere are empty stand-ins. OpenAI's program and Gemma Scope's are on no
package index: their published formulas stand here.
"""

import importlib
import importlib.util
import json
import logging
import sys
import types
from pathlib import Path

import numpy
import torch


def stand_in(name, **members):
    """A module of that name with nothing but `members`."""
    module = types.ModuleType(name)
    module.__dict__.update(members)
    module.__path__ = []
    sys.modules[name] = module


def without_init(package, **members):
    """Makes the modules of an installed package importable without running its __init__."""
    spec = importlib.util.find_spec(package)
    module = types.ModuleType(package)
    module.__path__ = list(spec.submodule_search_locations)
    module.__dict__.update(members)
    sys.modules[package] = module


class HookPoint(torch.nn.Identity):
    """TransformerLens' place to attach hooks; none are attached here."""


class HookedRootModule(torch.nn.Module):
    def setup(self):
        pass


def load_libraries():
    # Before accelerate's stand-in, which transformers would take for the library.
    from transformers import PreTrainedModel, PreTrainedTokenizerBase  # noqa: F401

    stand_in("transformer_lens")
    stand_in("transformer_lens.hook_points", HookPoint=HookPoint)
    stand_in("transformer_lens.HookedTransformer", HookedRootModule=HookedRootModule)
    stand_in("accelerate")
    stand_in("accelerate.utils", send_to_device=None)
    without_init("sae_lens", __version__="6.54.12", logger=logging.getLogger("sae_lens"))
    without_init("sparsify")
    without_init("dictionary_learning")
    without_init("dictionary_learning.trainers")


class Case:
    """A checkpoint in `path`, and `compute(x)` → features, reconstruction. But for gated ones:
    `pre(x)` → pre-activations, and `decode(f, x)` → reconstruction, right after pre(x)."""

    def __init__(self, name, path, compute, architecture, format, pre=None, decode=None):
        self.name, self.path, self.compute = name, path, compute
        self.architecture, self.format = architecture, format
        self.pre, self.decode = pre, decode


class Maker:
    def __init__(self, folder, width, features, seed):
        self.folder, self.width, self.features = Path(folder), width, features
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, scale=1.0):
        return torch.randn(*shape, generator=self.generator) * scale

    def fill(self, module):
        """Random values for all parameters of a module; thresholds positive."""
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                scale = 1 / self.width ** 0.5 if parameter.dim() == 2 else 0.3
                value = self.normal(*parameter.shape, scale=scale)
                parameter.copy_(value.abs() if name == "threshold" else value)
        return module.eval()

    def path(self, name):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    # SAELens

    def lens(self, kind, normalise="none", **settings):
        module = importlib.import_module(f"sae_lens.saes.{kind}_sae")
        title = {"standard": "Standard", "topk": "TopK", "jumprelu": "JumpReLU", "gated": "Gated"}[kind]
        config = getattr(module, f"{title}SAEConfig")(
            d_in=self.width, d_sae=self.features, normalize_activations=normalise, **settings)
        return self.fill(getattr(module, f"{title}SAE")(config))

    def lens_cases(self):
        for kind, settings in (("standard", {}), ("topk", {"k": 4}), ("jumprelu", {}), ("gated", {})):
            for normalise in ("layer_norm", "constant_norm_rescale"):
                sae = self.lens(kind, normalise, apply_b_dec_to_input=kind != "jumprelu", **settings)
                name = f"lens-{kind}-{normalise.split('_')[0]}"
                sae.save_model(self.path(name))

                def compute(x, sae=sae):
                    features = sae.encode(x)
                    return features, sae.decode(features)

                yield Case(name, self.path(name), compute, kind, "saelens", *self.lens_halves(sae))

        sae = self.lens("standard", "expected_average_only_in")
        path = self.path("lens-standard-unfolded")
        sae.save_model(path)
        (path / "activation_scaler.json").write_text('{"scaling_factor": 0.37}')
        sae.fold_activation_norm_scaling_factor(0.37)
        yield Case("lens-standard-unfolded", path,
                   lambda x: ((f := sae.encode(x)), sae.decode(f)), "standard", "saelens",
                   *self.lens_halves(sae))

    @staticmethod
    def lens_halves(sae):
        return (lambda x: sae.process_sae_in(x) @ sae.W_enc + sae.b_enc,
                lambda f, x: sae.decode(f)) if hasattr(sae, "b_enc") else (None, None)

    # sparsify

    def sparsify_cases(self):
        config = importlib.import_module("sparsify.config").SparseCoderConfig
        coder = importlib.import_module("sparsify.sparse_coder").SparseCoder
        for name, settings in (("sparsify", {}), ("sparsify-skip", {"skip_connection": True}),
                               ("sparsify-transcoder", {"transcode": True, "skip_connection": True})):
            sae = self.fill(coder(self.width, config(num_latents=self.features, k=4, **settings)))
            sae.save_to_disk(self.path(name))

            def compute(x, sae=sae):
                encoded = sae.encode(x)
                features = torch.zeros(len(x), self.features)
                features.scatter_(1, encoded.top_indices.long(), encoded.top_acts)
                return features, sae(x).sae_out

            def pre(x, sae=sae):
                return sae.encoder(x if sae.cfg.transcode else x - sae.b_dec)

            def decode(f, x, sae=sae):
                skip = x @ sae.W_skip.mT if sae.cfg.skip_connection else 0
                return f @ sae.W_dec + sae.b_dec + skip

            yield Case(name, self.path(name), compute, "topk", "sparsify", pre, decode)

    # dictionary_learning

    def dictionaries(self):
        dictionary = importlib.import_module("dictionary_learning.dictionary")
        trainers = "dictionary_learning.trainers."
        top_k = importlib.import_module(trainers + "top_k")
        batch = importlib.import_module(trainers + "batch_top_k")
        nested = importlib.import_module(trainers + "matryoshka_batch_top_k")
        d, m = self.width, self.features
        yield "standard", dictionary.AutoEncoder(d, m)
        yield "standard", dictionary.AutoEncoderNew(d, m)
        yield "gated", dictionary.GatedAutoEncoder(d, m)
        yield "jumprelu", dictionary.JumpReluAutoEncoder(d, m)
        yield "topk", top_k.AutoEncoderTopK(d, m, 4)
        yield "batchtopk", batch.BatchTopKSAE(d, m, 4)
        yield "matryoshka", nested.MatryoshkaBatchTopKSAE(d, m, 4, [m // 2, m - m // 2])

    @staticmethod
    def dictionary_halves(sae):
        """The linear half of each class' encode()."""
        if type(sae).__name__ == "GatedAutoEncoder":
            return None, None
        shift = {"AutoEncoder": "bias", "AutoEncoderNew": None, "JumpReluAutoEncoder": None}.get(
            type(sae).__name__, "b_dec")

        def pre(x):
            x = x if shift is None else x - getattr(sae, shift)
            return sae.encoder(x) if hasattr(sae, "encoder") else x @ sae.W_enc + sae.b_enc

        return pre, lambda f, x: sae.decode(f)

    def dictionary_cases(self):
        for architecture, sae in self.dictionaries():
            self.fill(sae)
            if architecture in ("topk", "batchtopk", "matryoshka"):
                sae.threshold.fill_(0.4)
            label = type(sae).__name__
            settings = {"trainer": {"dict_class": label, "activation_dim": self.width,
                                    "dict_size": self.features, "layer": 3, "lm_name": "tiny",
                                    "submodule_name": "resid_post_layer_3"}, "buffer": {}}
            path = self.path(f"dictionary-{label}")
            torch.save(sae.state_dict(), path / "ae.pt")
            (path / "config.json").write_text(json.dumps(settings))

            def compute(x, sae=sae):
                features = sae.encode(x)
                return features, sae.decode(features)

            yield Case(path.name, path, compute, architecture, "dictionary-learning",
                       *self.dictionary_halves(sae))

        for architecture, sae in self.dictionaries():
            if not hasattr(sae, "scale_biases"):
                continue
            self.fill(sae)
            if architecture in ("topk", "batchtopk", "matryoshka"):
                sae.threshold.fill_(0.1)
            label = type(sae).__name__
            path = self.path(f"interrupted-{label}")
            torch.save({"step": 7, "ae": {key: value.clone() for key, value in sae.state_dict().items()},
                        "optimizer": {"state": {}}, "config": {"dict_class": label},
                        "norm_factor": 2.5}, path / "ae.pt")
            sae.scale_biases(2.5)
            yield Case(path.name, path, lambda x, sae=sae: ((f := sae.encode(x)), sae.decode(f)),
                       architecture, "dictionary-learning", *self.dictionary_halves(sae))

    # By their published formulas

    def openai_cases(self):
        state = {"pre_bias": self.normal(self.width), "latent_bias": self.normal(self.features, scale=0.3),
                 "encoder.weight": self.normal(self.features, self.width, scale=self.width ** -0.5),
                 "decoder.weight": self.normal(self.width, self.features, scale=self.width ** -0.5),
                 "stats_last_nonzero": torch.zeros(self.features, dtype=torch.int64)}

        def encoded(x):
            return (x - state["pre_bias"]) @ state["encoder.weight"].T + state["latent_bias"]

        def decoded(f, x):
            return f @ state["decoder.weight"].T + state["pre_bias"]

        def relu(x):
            features = encoded(x).relu()
            return features, decoded(features, x)

        def scale(x):
            return x.mean(1, keepdim=True), x.std(1, keepdim=True)

        def normal_encoded(x):
            mean, deviation = scale(x)
            return encoded((x - mean) / (deviation + 1e-5))

        def normal_decoded(f, x):
            mean, deviation = scale(x)
            return decoded(f, x) * deviation + mean

        def top_k(x):
            z = normal_encoded(x)
            values, places = z.topk(4, dim=1)
            features = torch.zeros_like(z).scatter_(1, places, values.relu())
            return features, normal_decoded(features, x)

        for name, architecture, compute, halves, extra in (
                ("openai-relu", "standard", relu, (encoded, decoded), {"activation": "ReLU"}),
                ("openai-topk", "topk", top_k, (normal_encoded, normal_decoded),
                 {"activation": "TopK", "activation_state_dict": {"k": 4, "postact_fn": "ReLU"}})):
            path = self.path(name)
            torch.save({**state, **extra}, path / "autoencoder.pt")
            yield Case(name, path, compute, architecture, "openai", *halves)

    def gemma_scope_cases(self):
        arrays = {"W_enc": self.normal(self.width, self.features, scale=self.width ** -0.5),
                  "W_dec": self.normal(self.features, self.width, scale=self.width ** -0.5),
                  "b_enc": self.normal(self.features, scale=0.3), "b_dec": self.normal(self.width, scale=0.3),
                  "threshold": self.normal(self.features, scale=0.5).abs()}

        def pre(x):
            return x @ arrays["W_enc"] + arrays["b_enc"]

        def decode(f, x):
            return f @ arrays["W_dec"] + arrays["b_dec"]

        def compute(x):
            z = pre(x)
            features = z.relu() * (z > arrays["threshold"])
            return features, decode(features, x)

        for name, save in (("gemma-scope", numpy.savez), ("gemma-scope-deflated", numpy.savez_compressed)):
            save(self.path(name) / "params.npz", **{key: value.numpy() for key, value in arrays.items()})
            yield Case(name, self.path(name), compute, "jumprelu", "gemma-scope", pre, decode)

    def cases(self):
        """Every checkpoint, written when it is reached."""
        with torch.no_grad():
            for make in (self.lens_cases, self.sparsify_cases, self.dictionary_cases,
                         self.openai_cases, self.gemma_scope_cases):
                yield from make()
