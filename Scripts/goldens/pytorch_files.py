"""Writes Tests/Goldens/pytorch: small files as torch.save makes them, and some that it would not make.

Needs torch; from the root of the checkout: PYTHONPATH=.libtorch python3 Scripts/goldens/pytorch_files.py
Values follow a rule that the tests state again: element i of a tensor is i, divided by 4 in floating point.
"""
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "pytorch"
FORMATS = {"zip": True, "legacy": False}
AS_WRITTEN = {"network.zip.pth", "views.zip.pth", "unchecked.zip.pth", "deflated.zip.pth", "descriptors.zip.pth"}


def counting(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    values = torch.arange(count, dtype=torch.float64)
    if dtype.is_floating_point:
        values = values / 4
    return (values % 2 if dtype == torch.bool else values).to(dtype).reshape(shape)


def saved(value, zipped, **options):
    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=zipped, **options)
    return stream.getvalue()


def network():
    """A state dict with `_metadata`, batch normalisation's counter and 0-d tensors."""
    layer = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3))
    state = layer.state_dict()
    for value in state.values():
        value.copy_(counting(*value.shape, dtype=value.dtype))
    state["1.num_batches_tracked"].fill_(7)
    return state


def types():
    names = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    return OrderedDict((name, counting(2, 3, dtype=getattr(torch, name))) for name in names)


def views():
    base = counting(2, 3, 4)
    return OrderedDict(
        [
            ("whole", base),
            ("transposed", base.transpose(0, 2)),
            ("permuted", base.permute(1, 2, 0)),
            ("every_second", base[:, :, ::2]),
            ("offset", base[1, 1:]),
            ("expanded", base[0, 0, :1].expand(3)),
            ("empty", torch.zeros(2, 0, 3)),
            ("channels_last", counting(2, 3, 2, 2).to(memory_format=torch.channels_last)),
            ("half_transposed", counting(2, 3, dtype=torch.float16).t()),
            ("bytes_transposed", counting(2, 3, dtype=torch.uint8).t()),
            ("long_transposed", counting(2, 3, dtype=torch.int64).t()),
        ]
    )


def checkpoint():
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(counting(2, 3))
        layer.bias.copy_(counting(2))
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        layer.weight.copy_(counting(2, 3))
        layer.bias.copy_(counting(2))
    return {
        "epoch": 3,
        "best": 0.5,
        "state_dict": layer.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": [0.5, 1 << 40, None, (1, 2, 3, 4), {1, 2}, b"bytes"],
        "type": torch.float16,
        "size": torch.Size([2, 3]),
    }


class Malicious:
    def __reduce__(self):
        return os.system, ("touch blpseg-was-here",)


def legacy_views():
    """The older format's storages that are views of others, which current versions read but no longer write."""
    stream = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, tuple) and value[:1] == ("view",):
                return ("storage", torch.FloatStorage, "1", "cpu", 12, value[1])
            return None

    class Tensor:
        def __init__(self, view, offset, size, stride):
            self.arguments = (view, offset, size, stride, False, OrderedDict())

        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, self.arguments

    state = OrderedDict(
        [
            ("root", Tensor(("view", None), 0, (12,), (1,))),
            ("view", Tensor(("view", ("2", 4, 6)), 1, (5,), (1,))),
        ]
    )
    for value in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}):
        pickle.dump(value, stream, protocol=2)
    Pickler(stream, protocol=2).dump(state)
    pickle.dump(["1"], stream, protocol=2)
    stream.write((12).to_bytes(8, "little"))
    stream.write(counting(12).numpy().tobytes())
    return stream.getvalue()


def zipped(files, method, *, descriptors=False):
    stream = io.BytesIO()
    # A stream that cannot seek makes zipfile write data descriptors.
    target = Unseekable(stream) if descriptors else stream
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, contents in files:
            entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
            entry.compress_type = method
            with archive.open(entry, "w", force_zip64=descriptors) as file:
                file.write(contents)
    return stream.getvalue()


class Unseekable(io.RawIOBase):
    def __init__(self, stream):
        self.stream = stream

    def writable(self):
        return True

    def write(self, data):
        return self.stream.write(data)


def repacked(contents, method, **options):
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped(files, method, **options)


def main():
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {}
    for suffix, is_zip in FORMATS.items():
        files[f"network.{suffix}.pth"] = saved(network(), is_zip)
        files[f"types.{suffix}.pth"] = saved(types(), is_zip)
        files[f"views.{suffix}.pth"] = saved(views(), is_zip)
        files[f"parameters.{suffix}.pth"] = saved(
            OrderedDict(weight=torch.nn.Parameter(counting(2, 3)), bias=torch.nn.Parameter(counting(2))), is_zip
        )
        files[f"parallel.{suffix}.pth"] = saved(
            OrderedDict((f"module.{name}", value) for name, value in network().items()), is_zip
        )
        files[f"checkpoint.{suffix}.pth"] = saved(checkpoint(), is_zip)
        files[f"malicious.{suffix}.pth"] = saved({"state_dict": Malicious()}, is_zip)
        for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
            files[f"outer_{name}.{suffix}.zip"] = zipped(
                [("__MACOSX/._weights.pth", b"x"), ("weights.pth", files[f"network.{suffix}.pth"])], method
            )
    files["protocol3.legacy.pth"] = saved(network(), False, pickle_protocol=3)
    files["protocol4.zip.pth"] = saved(network(), True, pickle_protocol=4)
    files["protocol5.legacy.pth"] = saved(network(), False, pickle_protocol=5)
    files["views_of_storages.legacy.pth"] = legacy_views()
    files["deflated.zip.pth"] = repacked(files["network.zip.pth"], zipfile.ZIP_DEFLATED)
    files["descriptors.zip.pth"] = repacked(files["network.zip.pth"], zipfile.ZIP_DEFLATED, descriptors=True)
    files["module.zip.pth"] = saved(torch.nn.Linear(2, 2), True)
    torch.serialization.set_crc32_options(False)
    files["unchecked.zip.pth"] = saved(network(), True)
    for name, contents in files.items():
        if name.endswith(".zip.pth") and name not in AS_WRITTEN:
            # Without the padding that torch.save puts before each storage, for the size's sake.
            contents = repacked(contents, zipfile.ZIP_STORED)
        (FOLDER / name).write_bytes(contents)
    print(f"{len(files)} files, {sum(len((FOLDER / name).read_bytes()) for name in files)} bytes")


if __name__ == "__main__":
    main()
