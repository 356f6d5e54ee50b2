# SPDX-License-Identifier: GPL-3.0-or-later
"""The verb `tokenize`: text to ids and back, whole and by lines."""
import json
import random
import unittest

from support.program import SHARED_DATA, TINY_TOKENIZER, CliTest



class Tokenize(CliTest):
    def tokenize(self, text, *flags):
        return self.done("tokenize", "--tokenizer", TINY_TOKENIZER, *flags, stdin=text).out

    def ids(self, text):
        return json.loads(self.tokenize(text, "--json"))["ids"]

    def test_a_model_folder_and_its_tokenizer_give_the_same_ids(self):
        (self.folder / "model").mkdir()
        (self.folder / "model/tokenizer.json").write_bytes(TINY_TOKENIZER.read_bytes())
        of_folder = self.done("tokenize", "--model", "model", stdin=b"some text").out
        self.assertEqual(of_folder, self.tokenize(b"some text"))

    def test_a_file_and_standard_input_give_the_same_ids(self):
        (self.folder / "text").write_bytes(b"The king saw\nthe bridge")
        self.assertEqual(self.tokenize(b"The king saw\nthe bridge"),
                         self.done("tokenize", "text", "--tokenizer", TINY_TOKENIZER).out)

    def test_without_json_the_ids_are_one_array_on_a_line(self):
        out = self.tokenize(b"two\nlines\n")
        self.assertEqual(out.count(b"\n"), 1)
        self.assertEqual(json.loads(out), self.ids(b"two\nlines\n"))

    def test_an_empty_input_has_no_ids(self):
        self.assertEqual(self.ids(b""), [])
        self.assertEqual(self.tokenize(b"", "--lines"), b"")

    def test_special_tokens_are_recognised_and_none_is_added(self):
        self.assertEqual(self.ids(b"<|endoftext|>"), [0])
        self.assertEqual(self.ids(b"a<|endoftext|>b").count(0), 1)
        self.assertNotIn(0, self.ids(b"plain"))

    def test_a_byte_order_mark_stays(self):
        self.assertEqual(self.tokenize(json.dumps(self.ids(b"\xef\xbb\xbfx")).encode(), "--decode"),
                         b"\xef\xbb\xbfx")

    def test_lines_end_at_lf_and_a_final_lf_opens_no_further_line(self):
        lines = [b"one", b"", b"carriage return\r", b"  spaces ", b""]
        out = self.tokenize(b"\n".join(lines) + b"\n", "--lines")
        arrays = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(arrays, [self.ids(line) for line in lines])
        self.assertEqual(arrays[1], [])
        self.assertEqual(self.tokenize(b"\n".join(lines[:3]), "--lines").splitlines(), out.splitlines()[:3])
        self.assertEqual(self.tokenize(b"\n", "--lines"), b"[]\n")

    def test_lines_with_json_are_one_object(self):
        self.assertEqual(json.loads(self.tokenize(b"a\n\nb", "--lines", "--json"))["ids"],
                         [self.ids(b"a"), [], self.ids(b"b")])

    def test_decoding_lines_gives_the_lines_back(self):
        text = "Grüße\r\n\n\n 😀 e\u0301\t<|endoftext|> x\n".encode()
        composed = text.replace("e\u0301".encode(), "é".encode())  # the tokenizer composes (NFC)
        self.assertEqual(self.tokenize(self.tokenize(text, "--lines"), "--lines", "--decode"), composed)
        self.assertEqual(self.tokenize(self.tokenize(text), "--decode"), composed)
        self.assertEqual(self.tokenize(self.tokenize(text, "--json"), "--decode"), composed)
        self.assertEqual(json.loads(self.tokenize(self.tokenize(text), "--decode", "--json"))["text"],
                         composed.decode())

    def test_invalid_utf8_becomes_replacement_characters(self):
        ids = self.tokenize(b"a\xff\xfeb\xe2\x82")
        self.assertEqual(self.tokenize(ids, "--decode").decode(), "a\ufffd\ufffdb\ufffd")

    def test_a_large_text_in_pieces_has_the_ids_of_the_whole(self):
        # Larger than the blocks that are read; words, runs of spaces and newlines at every border.
        source = random.Random(5)
        parts = ["The ", "  ", "\n", "\n\n ", "river", " castle", "é", "12", ".", "\t", "    x", "😀"]
        text = "".join(source.choice(parts) for _ in range(700_000))
        self.assertGreater(len(text.encode()), 2 << 20)
        pieces = self.ids(text.encode())
        self.assertEqual(self.tokenize(json.dumps(pieces).encode(), "--decode").decode(), text)
        # A prefix far from any border: the same tokens, but for the last that the end may change.
        start = self.ids(text[:400_000].encode())
        self.assertEqual(start[:-10], pieces[:len(start) - 10])

    def test_the_ids_are_those_of_hugging_face(self):
        pythia = SHARED_DATA / "pythia_tokenizer.json"
        if not pythia.exists():
            self.skipTest(f"no {pythia}")
        out = self.done("tokenize", "--tokenizer", pythia, "--json", stdin=b"Hello world!\n").json()
        self.assertEqual(out["ids"], [12092, 1533, 2, 187])  # huggingface.co/EleutherAI/pythia-70m


class BadIds(CliTest):
    def decode_fails(self, words, text):
        self.fails(1, words, "tokenize", "--tokenizer", TINY_TOKENIZER, "--decode", stdin=text)

    def test_what_is_no_array_of_ids_is_refused_with_its_line(self):
        self.decode_fails(["line 2", "not JSON"], b"[1]\n[1,\n")
        self.decode_fails(["line 1", "not an array"], b"7")
        self.decode_fails(["line 1", "is not an id"], b'["a"]')
        self.decode_fails(["line 1", "is not an id"], b"[1.5]")

    def test_ids_beyond_the_vocabulary_are_refused(self):
        for number in ("-1", "1000000", "99999999999999999999", "18446744073709551615"):
            self.decode_fails("line 1", f"[{number}]".encode())


class BadTokenizers(CliTest):
    def test_missing_and_broken_files_are_told(self):
        self.fails(1, "no such file", "tokenize", "--tokenizer", "nowhere.json")
        self.fails(1, "nowhere", "tokenize", "--model", "nowhere")
        (self.folder / "t.json").write_bytes(TINY_TOKENIZER.read_bytes()[:500])
        self.fails(1, ["t.json", "not JSON"], "tokenize", "--tokenizer", "t.json")
        (self.folder / "t.json").write_text('{"model": {"type": "Unigram"}}')
        self.fails(1, "t.json", "tokenize", "--tokenizer", "t.json")
        self.fails(1, ["cannot read text", "no such file"], "tokenize", "text", "--tokenizer", TINY_TOKENIZER)
        self.fails(1, "cannot read .", "tokenize", ".", "--tokenizer", TINY_TOKENIZER)


if __name__ == "__main__":
    unittest.main()
