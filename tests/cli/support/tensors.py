# SPDX-License-Identifier: GPL-3.0-or-later
"""safetensors in plain Python: float32 tensors as (shape, flat list)."""
import array
import json
import math
import struct

CODES = {"F32": "f", "I32": "i", "I64": "q"}


def write(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        assert len(values) == math.prod(shape), name
        raw = array.array("f", values).tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read(path):
    raw = path.read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = array.array(CODES[entry["dtype"]], raw[8 + length + begin:8 + length + end])
            tensors[name] = (entry["shape"], values)
    return tensors
