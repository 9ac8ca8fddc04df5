"""Compares files of weights with an expected one bit by bit, and prints how much agrees; fails where a bit does not.

usage: compare_weights.py EXPECTED FOUND..., each .safetensors or .pth. A .pth must load with weights_only=True.
"""

import collections
import sys

import safetensors.torch
import torch


def read(path):
    if path.endswith(".safetensors"):
        return safetensors.torch.load_file(path)
    state = torch.load(path, weights_only=True)
    assert type(state) is collections.OrderedDict, type(state)
    return state


def bits(tensor):
    return tensor.reshape(-1).view(torch.uint8)


def compare(expected, found):
    assert sorted(found) == sorted(expected), sorted(set(found) ^ set(expected))
    for name, tensor in found.items():
        assert tensor.dtype == expected[name].dtype, (name, tensor.dtype)
        assert tensor.shape == expected[name].shape, (name, tensor.shape)
        assert tensor.is_contiguous() and not tensor.requires_grad and tensor.device.type == "cpu", name
        differing = (bits(tensor) != bits(expected[name])).nonzero()
        assert len(differing) == 0, f"{name} differs in {len(differing)} bytes, first at {differing[0].item()}"
    print(len(found), "tensors,", sum(bits(tensor).numel() for tensor in found.values()), "bytes")


expected = read(sys.argv[1])
for path in sys.argv[2:]:
    compare(expected, read(path))
