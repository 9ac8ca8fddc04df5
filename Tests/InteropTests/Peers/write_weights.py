"""Writes one state dict in the ways in which weights are published.

usage: write_weights.py SHAPES FOLDER, where SHAPES is state_dict_shapes.json. Names and element types are those of the
ResNet-50 checkpoint, with its distance table; sizes are cut, so that the files stay small.
"""

import collections
import json
import pathlib
import sys
import zipfile

import safetensors.torch
import torch

SMALL = 5
ODD = [float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4028235e38]

shapes = json.loads(pathlib.Path(sys.argv[1]).read_text())["voc-resnet50"]
folder = pathlib.Path(sys.argv[2])
generator = torch.Generator().manual_seed(0)

state = collections.OrderedDict()
for number, (name, shape) in enumerate(shapes.items()):
    if name.endswith("num_batches_tracked"):
        state[name] = torch.tensor(2**40 + number)
    else:
        state[name] = torch.randn([min(size, SMALL) for size in shape], generator=generator)
state["seg_head.4.bias"] = torch.tensor(ODD)
# Views: a slice of a larger storage, and another order in memory.
state["ppm.bottleneck.0.weight"] = torch.randn(9, 4, 3, 2, generator=generator)[2:7].to(memory_format=torch.channels_last)
state["decoder.offset"] = torch.arange(12.0)[3:7]
for name in ("float64", "float16", "bfloat16", "int32", "int16", "int8", "uint8", "bool"):
    values = torch.arange(6).reshape(2, 3)
    state[f"types.{name}"] = (values % 2 if name == "bool" else values).to(getattr(torch, name))
plain = collections.OrderedDict((name, value.contiguous().clone()) for name, value in state.items())
safetensors.torch.save_file(plain, folder / "expected.safetensors")

state["distance_prob"] = torch.rand(1, 96, 96, generator=generator)
parallel = collections.OrderedDict((f"module.{name}", value) for name, value in state.items())
for format, is_zip in (("zip", True), ("legacy", False)):
    torch.save(state, folder / f"{format}.pth", _use_new_zipfile_serialization=is_zip)
    torch.save(parallel, folder / f"parallel.{format}.pth", _use_new_zipfile_serialization=is_zip)
    for packing, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(folder / f"{packing}.{format}.zip", "w", method) as archive:
            archive.write(folder / f"{format}.pth", "resnet50s-a75c83cf.pth")
