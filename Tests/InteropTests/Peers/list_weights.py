"""Prints the names of a PyTorch file's tensors, one a line, in order.

usage: list_weights.py FILE
"""

import sys

import torch

print("\n".join(torch.load(sys.argv[1], weights_only=True)))
