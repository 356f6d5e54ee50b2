# SPDX-License-Identifier: GPL-3.0-or-later
"""The verb search against the ids, the values and the text themselves."""
import csv
import io
import json
import re
import unittest

from support import tensors, tiny_model
from support.program import TINY_TOKENIZER, CliTest

SITE = "gpt_neox.layers.1.mlp.dense_4h_to_h"
CONTEXT = 32
INDEX = ("index", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "text.txt", "--context",
         CONTEXT, "--out", "i.sqlite")


def token_bytes():
    """The bytes of each token, from the tokenizer's file: GPT-2's letters for bytes, backwards."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {chr(byte): byte for byte in plain}
    letters.update({chr(256 + i): byte for i, byte in enumerate(b for b in range(256) if b not in plain)})
    tokenizer = json.loads(TINY_TOKENIZER.read_text())
    result = {token: bytes(letters[letter] for letter in text)
              for text, token in tokenizer["model"]["vocab"].items() if all(letter in letters for letter in text)}
    result.update({added["id"]: added["content"].encode() for added in tokenizer["added_tokens"]})
    return result


class Search(CliTest):
    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)
        self.done(*INDEX)
        ids = self.done("tokenize", "--model", "model", "text.txt", "--json").json()["ids"]
        self.contexts = [ids[i:i + CONTEXT] for i in range(0, len(ids) - len(ids) % CONTEXT, CONTEXT)]
        self.ids = [token for context in self.contexts for token in context]

    def search(self, *arguments):
        return self.done("search", "i.sqlite", "--limit", 100000, "--json", *arguments).json()["rows"]

    def positions(self, *arguments):
        return [row["position"] for row in self.search(*arguments)]

    def values(self, feature):
        (self.folder / "ids.json").write_text(json.dumps(self.contexts))
        self.done("forward", "--model", "model", "--ids", "ids.json", "--capture", SITE, "--no-logits",
                  "--out", "x.safetensors", "--force")
        self.done("encode", "--sae", "sae", "--activations", "x.safetensors", "--tensor", SITE, "--out",
                  "f.safetensors", "--force")
        shape, values = tensors.read(self.folder / "f.safetensors")["features"]
        return values[feature::shape[-1]]

    def matches(self, expression):
        """Positions of the tokens that hold the first byte of each match, context by context."""
        pieces = token_bytes()
        found = []
        for number, context in enumerate(self.contexts):
            owners = [i for i, token in enumerate(context) for _ in pieces[token]]
            text = b"".join(pieces[token] for token in context)
            found += [number * CONTEXT + owners[match.start()] for match in re.finditer(expression.encode(), text)]
        return sorted(set(found))

    def test_a_token_is_found_wherever_it_is(self):
        pieces = token_bytes()
        spaced = [token for token in sorted(set(self.ids)) if pieces[token].startswith(b" ")]
        for token in (self.ids[0], self.ids[-1], *spaced[:2]):
            piece = pieces[token].decode("utf-8")
            expected = [i for i, other in enumerate(self.ids) if pieces[other] == pieces[token]]
            self.assertEqual(self.positions("--token", piece), expected, piece)
            self.assertEqual(self.positions("--token", piece.replace(" ", "·")), expected, piece)

    def test_a_pattern_is_found_at_the_token_of_its_first_character(self):
        for expression in ("[a-z]+", "[aeiou]{2}", "e "):
            expected = self.matches(expression)
            self.assertEqual(self.positions("--regex", expression), expected, expression)

    def test_a_feature_is_found_where_it_is_active_with_its_value(self):
        values = self.values(5)
        rows = self.search("--feature", 5)
        self.assertAlmostEqual(len(rows), sum(value > 0 for value in values), delta=2)  # on the edge of 0
        for row in rows:
            self.assertEqual(list(row), ["position", "str_token", "context", "activation"])
            self.assertAlmostEqual(row["activation"], values[row["position"]], places=4)
            self.assertIn(row["str_token"], row["context"])
        bound = sorted(row["activation"] for row in rows)[len(rows) // 2]
        self.assertEqual(self.search("--feature", 5, "--min-activation", bound),
                         [row for row in rows if row["activation"] >= bound])

    def test_conditions_hold_together(self):
        active = set(self.positions("--feature", 5))
        other = set(self.positions("--feature", 7))
        matched = set(self.positions("--regex", "[a-z]+"))
        self.assertEqual(set(self.positions("--feature", 5, "--feature", 7)), active & other)
        self.assertEqual(set(self.positions("--feature", 5, "--regex", "[a-z]+")), active & matched)
        self.assertEqual(set(self.positions("--feature", 5, "--not-feature", 7, "--not-regex", "[a-z]+")),
                         active - other - matched)
        self.assertEqual(set(self.positions("--any", "--feature", 5, "--regex", "[a-z]+")), active | matched)

    def test_a_least_value_is_asked_of_what_is_sought_and_not_of_what_is_excluded(self):
        values, others = self.values(5), self.values(7)
        active = sorted(value for value in values if value > 0)
        bound = (active[len(active) // 3] + active[len(active) // 3 + 1]) / 2
        self.assertEqual(self.positions("--feature", 5, "--not-feature", 7, "--min-activation", bound),
                         [i for i, value in enumerate(values) if value >= bound and others[i] <= 0])

    def test_rows_are_limited_and_go_on(self):
        every = self.positions("--regex", ".")
        first = self.done("search", "i.sqlite", "--regex", ".", "--limit", 3, "--json")
        self.assertEqual([row["position"] for row in first.json()["rows"]], every[:3])
        self.assertIn("--from", first.err.decode())
        rest = self.positions("--regex", ".", "--from", first.json()["next"])
        self.assertEqual(rest, every[3:])
        self.assertTrue(all(row["activation"] is None for row in first.json()["rows"]))
        default = self.done("search", "i.sqlite", "--regex", ".", "--json").json()["rows"]
        self.assertEqual(len(default), min(100, len(every)))

    def test_the_rows_come_as_csv_and_as_a_table_too(self):
        rows = self.search("--feature", 5)
        self.done("search", "i.sqlite", "--feature", 5, "--limit", 100000, "--csv", "rows.csv")
        written = (self.folder / "rows.csv").read_bytes().decode("utf-8")
        table = list(csv.DictReader(io.StringIO(written, newline="")))
        self.assertEqual([int(row["position"]) for row in table], [row["position"] for row in rows])
        self.assertEqual([row["context"] for row in table], [row["context"] for row in rows])
        self.assertIn("str_token", self.done("search", "i.sqlite", "--feature", 5).text.splitlines()[0])

    def test_what_the_budget_cut_is_said(self):
        self.done(*INDEX, "--postings-budget", 2000, "--force")
        result = self.done("search", "i.sqlite", "--feature", 5, "--json")
        cut = result.json()["cut_features"]
        self.assertEqual([entry["feature"] for entry in cut], [5])
        self.assertLess(cut[0]["stored"], cut[0]["active_tokens"])
        self.assertIn("feature 5", result.err.decode())
        exact = self.done("search", "i.sqlite", "--feature", 5, "--min-activation",
                          cut[0]["complete_above"] * 1.001, "--json").json()
        self.assertEqual(exact["cut_features"], [])

    def test_mistakes_are_told(self):
        self.fails(2, "--token, --regex or --feature", "search", "i.sqlite")
        self.fails(2, "missing )", "search", "i.sqlite", "--regex", "(")
        self.fails(1, "no token that is exactly this", "search", "i.sqlite", "--token", "no such token")
        self.fails(1, "features 0 to", "search", "i.sqlite", "--feature", 100000)
        self.fails(2, "--feature", "search", "i.sqlite", "--feature", "x")
        self.fails(1, "no.sqlite", "search", "no.sqlite", "--regex", "a")


if __name__ == "__main__":
    unittest.main()
