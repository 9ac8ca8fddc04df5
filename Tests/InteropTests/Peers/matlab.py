"""Writes label maps as MATLAB v5 files with SciPy, and their numbers, row by row, as NAME.txt.

Usage: matlab.py FOLDER
"""

import sys

import numpy
import scipy.io

folder = sys.argv[1]
random = numpy.random.default_rng(7)
for kind in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"):
    for compressed in (False, True):
        shape = (1, 3) if kind == "int32" else (23, 41)
        largest = min(459, numpy.iinfo(kind).max if "int" in kind else 459)
        values = random.integers(0, largest + 1, shape).astype(kind)
        name = f"{folder}/{kind}-{'compressed' if compressed else 'plain'}"
        # What else stands in a file must not disturb.
        variables = {"note": "made by SciPy", "LabelMap": values, "more": {"structure": [1, 2]}}
        scipy.io.savemat(f"{name}.mat", variables, do_compression=compressed)
        numpy.savetxt(f"{name}.txt", values, fmt="%d")
        print(name)
