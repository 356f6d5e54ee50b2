# SPDX-License-Identifier: GPL-3.0-or-later
"""A GPT-NeoX model folder, an SAE and texts, small enough to be made from a seed in a moment."""
import json
import random
import shutil

from . import tensors
from .program import TINY_TOKENIZER

LAYERS, WIDTH, INNER, HEADS, POSITIONS, FEATURES = 2, 16, 32, 2, 64, 24


def vocabulary_size():
    tokenizer = json.loads(TINY_TOKENIZER.read_text(encoding="utf-8"))
    ids = [*tokenizer["model"]["vocab"].values(), *(t["id"] for t in tokenizer["added_tokens"])]
    return max(ids) + 1


def make_model(folder, seed=0):
    source = random.Random(seed)

    def normal(*shape, scale=0.3):
        count = 1
        for size in shape:
            count *= size
        return shape, [source.gauss(0, scale) for _ in range(count)]

    def norm(name):
        return {name + ".weight": ((WIDTH,), [1.0] * WIDTH), name + ".bias": ((WIDTH,), [0.0] * WIDTH)}

    weights = {"gpt_neox.embed_in.weight": normal(vocabulary_size(), WIDTH, scale=1.0)}
    for layer in range(LAYERS):
        block = f"gpt_neox.layers.{layer}."
        weights |= norm(block + "input_layernorm") | norm(block + "post_attention_layernorm")
        for name, rows, columns in (("attention.query_key_value", 3 * WIDTH, WIDTH),
                                    ("attention.dense", WIDTH, WIDTH),
                                    ("mlp.dense_h_to_4h", INNER, WIDTH),
                                    ("mlp.dense_4h_to_h", WIDTH, INNER)):
            weights[f"{block}{name}.weight"] = normal(rows, columns)
            weights[f"{block}{name}.bias"] = normal(rows, scale=0.05)
    weights |= norm("gpt_neox.final_layer_norm")
    weights["embed_out.weight"] = normal(vocabulary_size(), WIDTH)

    folder.mkdir(parents=True)
    tensors.write(folder / "model.safetensors", weights)
    config = {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "hidden_act": "gelu",
              "hidden_size": WIDTH, "intermediate_size": INNER, "num_attention_heads": HEADS,
              "num_hidden_layers": LAYERS, "vocab_size": vocabulary_size(),
              "max_position_embeddings": POSITIONS, "rotary_pct": 0.25, "rotary_emb_base": 10000,
              "layer_norm_eps": 1e-5, "use_parallel_residual": True, "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(TINY_TOKENIZER, folder / "tokenizer.json")


def make_sae(folder, width=WIDTH, seed=1):
    """A standard SAE in SAELens' layout. Feature 0 never fires: its encoder bias is −1000."""
    source = random.Random(seed)
    encoder = [source.gauss(0, 0.5) for _ in range(width * FEATURES)]
    decoder = [source.gauss(0, 0.5) for _ in range(width * FEATURES)]
    biases = [-1000.0] + [source.gauss(-0.3, 0.1) for _ in range(FEATURES - 1)]
    folder.mkdir(parents=True)
    tensors.write(folder / "sae_weights.safetensors",
                  {"W_enc": ((width, FEATURES), encoder), "W_dec": ((FEATURES, width), decoder),
                   "b_enc": ((FEATURES,), biases), "b_dec": ((width,), [0.0] * width)})
    (folder / "cfg.json").write_text(json.dumps(
        {"architecture": "standard", "d_in": width, "d_sae": FEATURES, "dtype": "float32",
         "apply_b_dec_to_input": True, "normalize_activations": "none",
         "metadata": {"model_name": "tiny", "hook_name": "blocks.1.hook_mlp_out"}}))


def make_text(path, words=3000, seed=2):
    source = random.Random(seed)
    nouns = "river bridge castle engine letter window garden king ship winter".split()
    verbs = "crossed built opened saw left followed carried found".split()
    sentences = []
    while len(sentences) * 6 < words:
        sentences.append(f"The {source.choice(nouns)} {source.choice(verbs)} the "
                         f"{source.choice(nouns)} in {source.randint(1700, 1999)}.")
    path.write_text("\n".join(sentences) + "\n", encoding="utf-8")


def make_all(folder):
    """model/, sae/ and text.txt in `folder`."""
    make_model(folder / "model")
    make_sae(folder / "sae")
    make_text(folder / "text.txt")
