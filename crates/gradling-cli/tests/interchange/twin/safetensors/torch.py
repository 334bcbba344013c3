"""Reads a file as the description of the format says: a length, a header of JSON, the bytes."""

import json
import struct


def load_file(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    assert "__metadata__" not in header

    def read(entry):
        begin, end = entry["data_offsets"]
        letter, size = {"F32": ("f", 4), "F64": ("d", 8)}[entry["dtype"]]
        numbers = struct.unpack(f"<{(end - begin) // size}{letter}", data[begin:end])
        shape = entry["shape"]
        if len(shape) == 1:
            return shape, list(numbers)
        rows, columns = shape
        return shape, [list(numbers[row * columns : (row + 1) * columns]) for row in range(rows)]

    return {name: read(entry) for name, entry in header.items()}
