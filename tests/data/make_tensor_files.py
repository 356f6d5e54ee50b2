#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/tensorfile: files of `safetensors` and of `torch.save`, and what they hold.

    make_tensor_files.py          writes the files and expected.json
    make_tensor_files.py --check  reads what our own writers wrote (written.safetensors, written.pt),
                                  with the libraries, and compares it with expected.json

The two files of our own are made by the tests of the writers:

    FEATURESCOPE_KEEP_WRITTEN=tests/data/tensorfile test_tensorfile --gtest_filter='*Writer*'

Needs torch, safetensors and numpy.
"""

import json
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file, save_file

FOLDER = Path(__file__).parent / "tensorfile"
TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}


def described(tensors):
    """Type, shape and little-endian bytes of each tensor."""
    return {
        name: {
            "dtype": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "bytes": bytes(tensor.detach().contiguous().flatten().view(torch.uint8).tolist()).hex()
            if tensor.numel() else "",
        }
        for name, tensor in tensors.items()
    }


def all_types(generator):
    numbers = torch.randn(3, 4, generator=generator, dtype=torch.float64) * 50
    tensors = {f"layer.{TYPES[dtype].lower()}": numbers.to(dtype) for dtype in TYPES}
    tensors["layer.bool"] = numbers > 0
    tensors["layer.u8"] = numbers.abs().to(torch.uint8)
    tensors["empty"] = torch.zeros(0, 7)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["odd"] = torch.arange(5, dtype=torch.int8)  # what follows it is not aligned by itself
    tensors["ümlaut \"quoted\""] = torch.arange(3, dtype=torch.int32)
    return tensors


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)
        self.register_buffer("steps", torch.tensor(7))


def views(generator):
    base = torch.randn(4, 6, generator=generator)
    return OrderedDict(
        base=base, transposed=base.t(), column=base[:, 2], slice=base[1:3, 2:5],
        stepped=base[::2, ::3], expanded=base[0, :3].expand(2, 3), permuted=base.view(2, 2, 6).permute(2, 0, 1),
        corner=base[3, 5], nothing=base[4:, :])


def nested(generator):
    return {
        "step": 12,
        "ae": OrderedDict(weight=torch.randn(2, 3, generator=generator).half()),
        "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.25, "params": [0]}]},
        "activation": "TopK",
        "amsgrad": False,
        "device": torch.device("cpu"),
        "dtype": torch.bfloat16,
        "nothing": None,
        "raw": b"\x00\x01",
        "size": torch.Size([2, 3]),
        "seen": {1},
        "big": 1 << 40,
        "negative": -3,
    }


NESTED_TEXTS = {
    "step": "12", "optimizer.param_groups.0.lr": "0.25", "optimizer.param_groups.0.params.0": "0",
    "activation": "TopK", "amsgrad": "false", "device": "cpu", "dtype": "torch.bfloat16",
    "size.0": "2", "size.1": "3", "seen.0": "1", "big": str(1 << 40), "negative": "-3",
}


def make():
    FOLDER.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(20)
    torch.manual_seed(21)
    expected = {}

    types = all_types(generator)
    save_file(types, FOLDER / "types.safetensors", metadata={"format": "pt", "note": "ä"})
    torch.save(OrderedDict(types), FOLDER / "types.pt")
    expected["types"] = described(types)

    module = Block()
    torch.save(module.state_dict(), FOLDER / "module.pt")
    torch.save({name: torch.nn.Parameter(value) if value.is_floating_point() else value
                for name, value in module.state_dict().items()}, FOLDER / "parameters.pt")
    expected["module"] = described(module.state_dict())

    shared = views(generator)
    torch.save(shared, FOLDER / "views.pt")
    expected["views"] = described(shared)

    values = nested(generator)
    for protocol in (2, 3, 4, 5):
        torch.save(values, FOLDER / f"nested-protocol-{protocol}.pt", pickle_protocol=protocol)
    expected["nested"] = described({
        "ae.weight": values["ae"]["weight"],
        "optimizer.state.0.exp_avg": values["optimizer"]["state"][0]["exp_avg"]})
    expected["nested-texts"] = NESTED_TEXTS

    torch.save(torch.arange(4), FOLDER / "tensor.pt")
    torch.save([torch.arange(4), torch.ones(2)], FOLDER / "list.pt")
    tagged = torch.nn.Parameter(torch.ones(2))
    tagged.note = "an attribute"
    torch.save({"tagged": tagged}, FOLDER / "attribute.pt")
    torch.save({"known": torch.ones(2), "complex": torch.ones(2, dtype=torch.complex64),
                "unsigned": torch.ones(2, dtype=torch.uint16),
                "small": torch.ones(2).to(torch.float8_e4m3fn)}, FOLDER / "odd-types.pt")
    save_file({"known": torch.ones(2), "unsigned": torch.ones(2, dtype=torch.uint16),
               "small": torch.ones(2).to(torch.float8_e4m3fn)}, FOLDER / "odd-types.safetensors")
    torch.save({"conjugated": torch.tensor([1.0 + 2.0j]).conj().imag}, FOLDER / "negated.pt")
    torch.save({"a": torch.ones(2)}, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(module, FOLDER / "whole-module.pt")

    with open(FOLDER / "expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1, sort_keys=True)
        file.write("\n")


def make_records():
    """A zip of Python's own, of stored and deflated records."""
    text = b"the same text, " * 20
    with zipfile.ZipFile(FOLDER / "records.zip", "w") as archive:
        for name, data, method in (("stored", text, zipfile.ZIP_STORED), ("empty", b"", zipfile.ZIP_STORED),
                                   ("deflated", text, zipfile.ZIP_DEFLATED)):
            archive.writestr(zipfile.ZipInfo(name), data, method)


def make_arrays():
    """NumPy's archives, stored and deflated, with arrays of types that are not read."""
    import numpy

    random = numpy.random.default_rng(22)
    arrays = {
        "f8": random.normal(size=(3, 4)), "f4": random.normal(size=(3, 4)).astype("f4"),
        "f2": random.normal(size=5).astype("f2"), "i8": numpy.arange(-2, 3),
        "i4": numpy.arange(6, dtype="i4").reshape(1, 2, 3), "i2": numpy.arange(3, dtype="i2"),
        "i1": numpy.arange(-1, 2, dtype="i1"), "u1": numpy.arange(4, dtype="u1"),
        "truth": numpy.array([True, False]), "scalar": numpy.float32(2.5),
        "empty": numpy.zeros((0, 7), "f4"),
        "fortran": numpy.asfortranarray(random.normal(size=(4, 3)).astype("f4")),
        "folder/name": numpy.ones(2, "f4"),
    }
    unread = {"big": numpy.ones(2, ">f4"), "text": numpy.array(["a", "b"])}
    numpy.savez(FOLDER / "arrays.npz", **arrays, **unread)
    numpy.savez_compressed(FOLDER / "arrays-deflated.npz", **arrays, **unread)
    path = FOLDER / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    expected["arrays"] = described({
        name: torch.from_numpy(numpy.ascontiguousarray(array).reshape(array.shape))
        for name, array in arrays.items()})
    path.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check():
    with open(FOLDER / "expected.json", encoding="utf-8") as file:
        expected = json.load(file)["types"]
    for read in (load_file(FOLDER / "written.safetensors"),
                 torch.load(FOLDER / "written.pt", weights_only=True)):
        assert described(read) == expected
    assert list(read) == sorted(read), "the order of the dict is the order of writing"
    with safetensors.safe_open(FOLDER / "written.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt", "note": "ä"}
    print("what our writers wrote is what the libraries read")


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        check()
    else:
        make()
        make_records()
        make_arrays()
