# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are missing, broken or in the way: the reason is told, nothing is lost or left behind."""
import json
import os
import pathlib
import random
import sqlite3
import struct
import unittest

from support import tensors, tiny_model
from support.program import CliTest

SITE = "gpt_neox.layers.1.mlp.dense_4h_to_h"
INDEX = ("index", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "text.txt", "--context", "32",
         "--out", "i.sqlite")


class BadInput(CliTest):
    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)
        (self.folder / "ids.json").write_text("[[1, 2, 3], [4, 5, 6]]")
        self.before = self.names()

    def index_fails(self, words, *changes, status=1):
        """INDEX with the values of some flags replaced must fail and leave nothing."""
        arguments = list(INDEX)
        for flag, value in zip(changes[::2], changes[1::2]):
            arguments[arguments.index(flag) + 1] = value
        before = self.names()
        self.fails(status, words, *arguments)
        self.assertEqual(self.names(), before)

    def forward_fails(self, words, status=1, *flags):
        self.fails(status, words, "forward", "--model", "model", "--ids", "ids.json", "--out", "o.safetensors",
                   *flags)
        self.assertFalse((self.folder / "o.safetensors").exists())


class Models(BadInput):
    weights = property(lambda self: self.folder / "model/model.safetensors")
    config = property(lambda self: self.folder / "model/config.json")

    def test_missing_parts(self):
        self.index_fails("nowhere", "--model", "nowhere")
        self.index_fails("nowhere", "--sae", "nowhere")
        self.index_fails("nowhere.txt", "--text", "nowhere.txt")
        self.fails(1, "nowhere", "info", "nowhere")
        os.rename(self.folder / "model/tokenizer.json", self.folder / "t.json")
        self.index_fails("tokenizer.json")
        os.remove(self.config)
        self.forward_fails("config.json")

    def test_a_file_in_place_of_a_folder(self):
        self.fails(1, "text.txt", "forward", "--model", "text.txt", "--ids", "ids.json", "--out", "o.safetensors")

    def test_truncated_weights(self):
        whole = self.weights.read_bytes()
        for length in (0, 4, 8, 100, len(whole) // 2, len(whole) - 1):
            self.weights.write_bytes(whole[:length])
            self.forward_fails("model.safetensors")
            self.fails(1, "model.safetensors", "info", "model")

    def test_garbage_in_place_of_weights(self):
        source = random.Random(7)
        for _ in range(5):
            self.weights.write_bytes(source.randbytes(5000))
            self.forward_fails("model.safetensors")
        self.weights.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
        self.forward_fails("model.safetensors")

    def test_weights_of_the_wrong_shape(self):
        config = json.loads(self.config.read_text())
        for key, value in (("hidden_size", 32), ("intermediate_size", 64), ("vocab_size", 7)):
            self.config.write_text(json.dumps({**config, key: value}))
            self.forward_fails(["[", "]"])

    def test_a_missing_tensor_is_named(self):
        found = tensors.read(self.weights)
        del found["gpt_neox.layers.1.mlp.dense_4h_to_h.weight"]
        tensors.write(self.weights, found)
        self.forward_fails("gpt_neox.layers.1.mlp.dense_4h_to_h.weight")

    def test_weights_that_are_not_finite(self):
        found = tensors.read(self.weights)
        found["gpt_neox.layers.0.mlp.dense_h_to_4h.weight"][1][3] = float("nan")
        tensors.write(self.weights, found)
        self.forward_fails("gpt_neox.layers.0.mlp.dense_h_to_4h.weight")

    def test_another_architecture_is_named(self):
        config = json.loads(self.config.read_text())
        self.config.write_text(json.dumps({**config, "model_type": "llama"}))
        self.forward_fails("llama")
        self.config.write_text("{")
        self.forward_fails(["config.json", "not JSON"])

    def test_ids_the_model_cannot_take(self):
        for text, words in (("[[1, 2], [3]]", "2 ids"), ("[]", "array of arrays"), ("[[]]", "array"),
                            ("[[99999]]", "99999"), ("[[-1]]", "-1"), ('[["a"]]', '"a"'), ("{", "not JSON"),
                            (json.dumps([[1] * 65]), "64")):
            (self.folder / "ids.json").write_text(text)
            self.forward_fails(words)

    def test_sites_the_model_does_not_have(self):
        self.forward_fails("the layers 0 to 1", 1, "--sae", "sae", "--layer", "2")
        self.forward_fails("names no site", 2, "--capture", "gpt_neox.embed_in")
        self.forward_fails("", 1, "--capture", "gpt_neox.layers.2")
        self.index_fails("--layer", "--layer", "7")
        self.index_fails("names no site", "--layer", "one", status=2)


class Saes(BadInput):
    def test_an_sae_of_another_width_says_both_widths(self):
        tiny_model.make_sae(self.folder / "wide", width=64)
        self.index_fails([f"cannot insert the SAE at {SITE}", "64 values", "has 16", "--layer/--site"],
                         "--sae", "wide")
        self.forward_fails(["reads 64 values"], 1, "--sae", "wide", "--layer", "1")
        tensors.write(self.folder / "x.safetensors", {"activations": ((2, 16), [0.5] * 32)})
        self.fails(1, ["16", "64"], "encode", "--sae", "wide", "--activations", "x.safetensors", "--out", "f")

    def test_broken_checkpoints(self):
        weights = self.folder / "sae/sae_weights.safetensors"
        whole = weights.read_bytes()
        weights.write_bytes(whole[:len(whole) // 2])
        self.index_fails("sae_weights.safetensors")
        weights.write_bytes(whole)
        found = tensors.read(weights)
        found["W_dec"] = ((tiny_model.FEATURES - 1, 16), found["W_dec"][1][16:])
        tensors.write(weights, found)
        self.index_fails("W_dec")
        weights.write_bytes(whole)
        found = tensors.read(weights)
        found["b_enc"][1][2] = float("inf")
        tensors.write(weights, found)
        self.index_fails("b_enc")
        del found["b_enc"]
        tensors.write(weights, found)
        self.index_fails("sae")

    def test_a_model_in_place_of_an_sae(self):
        self.index_fails("model", "--sae", "model")

    def test_activations_that_cannot_be_encoded(self):
        encode = ("encode", "--sae", "sae", "--activations", "x.safetensors", "--out", "f.safetensors")
        self.fails(1, "x.safetensors", *encode)
        for name, shape, values, words in (("other", (2, 16), [1.0] * 32, "activations"),
                                           ("activations", (32,), [1.0] * 32, "[32]"),
                                           ("activations", (0, 16), [], "nothing"),
                                           ("activations", (2, 16), [1.0] * 31 + [float("nan")], "row 1")):
            tensors.write(self.folder / "x.safetensors", {name: (shape, values)})
            self.fails(1, words, *encode)
            self.assertFalse((self.folder / "f.safetensors").exists())


class Texts(BadInput):
    def text(self, data, name="bad.txt"):
        (self.folder / name).write_bytes(data)
        return name

    def test_binary_in_place_of_text(self):
        self.index_fails("not text", "--text", self.text(random.Random(3).randbytes(20000)))
        self.index_fails("not text", "--text", self.text(b"text\0" * 1000))

    def test_too_little_text(self):
        self.index_fails("", "--text", self.text(b""))
        self.index_fails("", "--text", self.text(b"Three short words"))

    def test_lines_that_are_no_records(self):
        self.index_fails("bad.jsonl", "--text", self.text(b'{"text": "x"}\nnot json\n', "bad.jsonl"))
        self.index_fails("bad.jsonl", "--text", self.text(b'{"other": 1}\n', "bad.jsonl"))

    def test_damaged_archives(self):
        self.index_fails("bad.txt.gz", "--text", self.text(b"\x1f\x8b\x08 damaged", "bad.txt.gz"))
        self.index_fails("bad.txt.zst", "--text", self.text(b"\x28\xb5\x2f\xfd damaged", "bad.txt.zst"))

    def test_a_context_longer_than_the_model_knows(self):
        self.index_fails("64 positions", "--context", "65")


class Outputs(BadInput):
    def test_what_exists_is_not_overwritten_without_force(self):
        tensors.write(self.folder / "x.safetensors", {"activations": ((2, 16), [0.5] * 32)})
        for out, arguments in (
                ("i.sqlite", INDEX),
                ("o.safetensors", ("forward", "--model", "model", "--ids", "ids.json", "--out", "o.safetensors")),
                ("f.safetensors", ("encode", "--sae", "sae", "--activations", "x.safetensors", "--out",
                                   "f.safetensors"))):
            (self.folder / out).write_text("mine")
            self.fails(1, [out, "exists", "--force"], *arguments)
            self.assertEqual((self.folder / out).read_text(), "mine")
            self.done(*arguments, "--force")
            self.assertNotEqual((self.folder / out).read_bytes(), b"mine")
        self.fails(1, ["text.txt", "exists", "--force"], "features", "i.sqlite", "--csv", "text.txt")

    def test_a_failed_verb_keeps_what_force_would_have_replaced(self):
        (self.folder / "i.sqlite").write_text("mine")
        self.fails(1, "wide", "index", "--model", "model", "--sae", "wide", "--layer", "1", "--text",
                   "text.txt", "--out", "i.sqlite", "--force")
        self.assertEqual((self.folder / "i.sqlite").read_text(), "mine")

    def test_a_run_that_exists_is_not_overwritten_without_force(self):
        (self.folder / "run").mkdir()
        (self.folder / "run/note.txt").write_text("mine")
        train = ("train", "--model", "model", "--layer", "1", "--text", "text.txt", "--steps", "1", "--context",
                 "16", "--out", "run")
        self.fails(1, ["run", "exists", "--force"], *train)
        self.assertEqual((self.folder / "run/note.txt").read_text(), "mine")

    def test_a_folder_that_cannot_be_written(self):
        # A file in place of the folder: also root cannot write there.
        self.index_fails(["cannot write", "text.txt/i.sqlite"], "--out", "text.txt/i.sqlite")
        self.fails(1, "cannot write", "train", "--model", "model", "--layer", "1", "--text", "text.txt",
                   "--steps", "1", "--out", "text.txt/run")
        self.fails(1, ["cannot write", "text.txt/o.safetensors"], "forward", "--model", "model", "--ids",
                   "ids.json", "--out", "text.txt/o.safetensors")

    def test_missing_parent_folders_are_made(self):
        self.done("forward", "--model", "model", "--ids", "ids.json", "--out", "new/folder/o.safetensors")
        self.assertTrue((self.folder / "new/folder/o.safetensors").exists())


class Indexes(BadInput):
    index = property(lambda self: self.folder / "i.sqlite")

    def setUp(self):
        super().setUp()
        self.done(*INDEX, "--tokens", "320")

    def readers_fail(self, words, status=1):
        self.fails(status, words, "features", "i.sqlite")
        self.fails(status, words, "activations", "i.sqlite", "3")

    def test_what_is_no_index(self):
        for content in (b"", b"text", random.Random(1).randbytes(5000)):
            self.index.write_bytes(content)
            self.readers_fail("i.sqlite")
        os.remove(self.index)
        self.readers_fail(["i.sqlite", "no such file"])
        self.index.mkdir()
        self.readers_fail("i.sqlite")

    def test_another_sqlite_database(self):
        os.remove(self.index)
        with sqlite3.connect(self.index) as database:
            database.execute("CREATE TABLE t (x)")
        database.close()
        self.readers_fail("i.sqlite")

    def test_an_index_of_a_newer_version(self):
        with sqlite3.connect(self.index) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        self.readers_fail("999")

    def test_truncated_databases(self):
        whole = self.index.read_bytes()
        for length in (50, 100, 5000, len(whole) // 2, len(whole) - 5000):
            self.index.write_bytes(whole[:length])
            self.readers_fail("i.sqlite")

    def test_damaged_pages_end_in_an_error_or_in_rows_but_in_no_crash(self):
        whole = bytearray(self.index.read_bytes())
        source = random.Random(11)
        for _ in range(8):
            damaged = bytearray(whole)
            for _ in range(200):
                damaged[source.randrange(100, len(damaged))] = source.randrange(256)
            self.index.write_bytes(damaged)
            for verb in (("features", "i.sqlite"), ("activations", "i.sqlite", "5")):
                result = self.run_program(*verb)
                self.assertIn(result.status, (0, 1))
                if result.status == 1:
                    self.assertRegex(result.last_line, r"^featurescope: error: .+: .+")

    def test_features_out_of_range(self):
        for feature in ("24", "1000000", "99999999999"):
            self.fails(1, ["24 features", "0 to 23"], "activations", "i.sqlite", feature)

    def test_what_a_terminal_would_obey_is_shown_as_signs(self):
        clear, red = "char(27) || '[2J'", "char(155) || '31m'"
        with sqlite3.connect(self.index) as database:
            database.execute(f"UPDATE vocabulary SET str_token = {clear} || str_token || {red}")
            database.execute(f"UPDATE feature SET top_token = {clear} || {red}")
        database.close()
        shown = ""
        for verb in (("features", "i.sqlite"), ("activations", "i.sqlite", "3"), ("info", "i.sqlite")):
            shown += self.done(*verb).text
        self.assertIn("?[2J", shown)
        self.assertNotRegex(shown, r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.fails(1, "[2J", "info", "no\x1b[2Jwhere")
        self.assertNotIn(b"\x1b", self.run_program("info", "no\x1b[2Jwhere").err)

    def test_an_index_can_be_read_where_nothing_can_be_written(self):
        folder = pathlib.Path(self.folder / "locked")
        folder.mkdir()
        os.rename(self.index, folder / "i.sqlite")
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        self.done("features", "locked/i.sqlite")
        self.assertEqual(self.names(folder), ["i.sqlite"])


if __name__ == "__main__":
    unittest.main()
