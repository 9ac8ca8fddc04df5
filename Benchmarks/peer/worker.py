"""One process of the PyTorch side of the benchmarks.

Usage: worker.py TASK [--threads N] [--side PIXELS] [--batch N] [--images FOLDER] [--scribbles FOLDER]

Prepares the task, prints {"ready": true}, and then for each line of standard input runs the task once and prints
{"seconds": S, "peak_memory": BYTES}, where the peak is the process's largest resident size so far. `loading` adds
"images", their number. `start_up` has nothing left to do: its driver times the process until it is ready.

Numbers are float32, C = 21, PyTorch's defaults otherwise (eager mode, NCHW, one thread a core unless told). Weights and
inputs are random, and the same in every process. Distance tables are built before the first run.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from losses import adamw, training_step
from model import BLPSeg, LocalAggregation, resized

CLASSES = 21
CROP, BATCH = 384, 2
WIDTH, HEIGHT = 500, 375
SCALES = (0.5, 0.75, 1, 1.25)
GRID, CHANNELS = 96, 256
# At this size of the features positions mix, as in the goldens; at 1 every position would see itself alone.
FEATURE_SCALE = 0.25
LABELLED = 0.03


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def peak_memory():
    """Bytes of the largest resident size so far, as Linux counts them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def keep_distance_table(network, height, width):
    """Builds the table of the decoder's grid of an image."""
    network.aggregation.distance_table(-(-height // 4), -(-width // 4))


def prepare_training_step(options):
    network = BLPSeg(CLASSES).train()
    optimizer = adamw(network)
    batch, crop = options.batch or BATCH, options.side or CROP
    images = torch.randn(batch, 3, crop, crop)
    drawn = torch.rand(batch, crop, crop) < LABELLED
    labels = torch.randint(CLASSES, drawn.shape).where(drawn, CLASSES)
    keep_distance_table(network, crop, crop)
    return lambda: {"seconds": seconds(lambda: training_step(network, optimizer, images, labels))}


def prepare_single_view(options):
    network = BLPSeg(CLASSES).eval()
    height, width = options.side or HEIGHT, options.side or WIDTH
    image = torch.randn(options.batch or 1, 3, height, width)
    keep_distance_table(network, height, width)

    @torch.inference_mode()
    def predict():
        network(image)

    return lambda: {"seconds": seconds(predict)}


def prepare_multi_scale(options):
    network = BLPSeg(CLASSES).eval()
    image = torch.randn(1, 3, HEIGHT, WIDTH)
    sizes = [(round(scale * HEIGHT), round(scale * WIDTH)) for scale in SCALES]
    for size in sizes:
        keep_distance_table(network, *size)

    @torch.inference_mode()
    def predict():
        total = torch.zeros(1, CLASSES, HEIGHT, WIDTH)
        for size in sizes:
            view = F.interpolate(image, size=size, mode="bicubic", align_corners=False)
            total += resized(network(view), (HEIGHT, WIDTH), align_corners=True)
            mirrored = resized(network(view.flip(3)), (HEIGHT, WIDTH), align_corners=True)
            total += mirrored.flip(3)
        return (total / (2 * len(sizes))).softmax(dim=1).argmax(dim=1)

    return lambda: {"seconds": seconds(predict)}


def aggregation_inputs(requires_grad=False):
    features = (FEATURE_SCALE * torch.randn(BATCH, CHANNELS, GRID, GRID)).requires_grad_(requires_grad)
    values = torch.randn(BATCH, CLASSES, GRID, GRID, requires_grad=requires_grad)
    return features, values


def prepare_local_aggregation_forward(options):
    aggregation = LocalAggregation()
    features, values = aggregation_inputs()
    aggregation.distance_table(GRID, GRID)

    @torch.no_grad()
    def forward():
        aggregation(features, values)

    return lambda: {"seconds": seconds(forward)}


def prepare_local_aggregation_backward(options):
    """The backward pass alone is timed."""
    aggregation = LocalAggregation()
    features, values = aggregation_inputs(requires_grad=True)
    cotangent = torch.randn_like(values)
    aggregation.distance_table(GRID, GRID)

    def run():
        features.grad = values.grad = None
        out = aggregation(features, values)
        return {"seconds": seconds(lambda: out.backward(cotangent))}

    return run


def prepare_local_aggregation_products(options):
    """The two matrix products that no forward pass gets around: scores f^T f, and values times weights."""
    features, values = aggregation_inputs()
    f, v = features.flatten(2), values.flatten(2)

    @torch.no_grad()
    def products():
        scores = torch.bmm(f.transpose(1, 2), f)
        torch.bmm(scores, v.transpose(1, 2))

    return lambda: {"seconds": seconds(products)}


def prepare_local_aggregation_backward_products(options):
    """The four matrix products of a backward pass that keeps no [positions, positions] matrix from the forward pass.

    With d the gradient of the output and weights W, where rows of a matrix are targets: scores f^T f once more; the
    gradient of the weights, d^T v; that of the values, d W; that of the features, f (S + S^T) with S the gradient of
    the scores. The last counts once, since the sum can be taken before the product.
    """
    features, values = aggregation_inputs()
    f, v = features.flatten(2), values.flatten(2)
    d = torch.randn_like(v)

    @torch.no_grad()
    def products():
        weights = torch.bmm(f.transpose(1, 2), f)
        torch.bmm(d, weights)
        del weights
        weight_gradient = torch.bmm(d.transpose(1, 2), v)
        torch.bmm(f, weight_gradient)

    return lambda: {"seconds": seconds(products)}


def prepare_loading(options):
    """One thread reads every photograph and its scribbles once."""
    import cv2
    from loading import ScribbleDataset

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    dataset = ScribbleDataset(options.images, options.scribbles, CLASSES, CROP)
    if len(dataset) == 0:
        sys.exit(f"worker.py: no photograph in {options.images} has scribbles in {options.scribbles}")

    def load():
        for index in range(len(dataset)):
            dataset[index]

    return lambda: {"seconds": seconds(load), "images": len(dataset)}


def prepare_dense_crf(options):
    """One mean-field step on the first photograph."""
    import numpy as np
    import pydensecrf.densecrf
    import pydensecrf.utils
    from loading import photographs
    from PIL import Image

    files = list(photographs(options.images).values())
    if not files:
        sys.exit(f"worker.py: {options.images} holds no photograph")
    image = np.array(Image.open(files[0]).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    probability = torch.randn(CLASSES, HEIGHT, WIDTH).softmax(dim=0).numpy()

    def refine():
        field = pydensecrf.densecrf.DenseCRF2D(WIDTH, HEIGHT, CLASSES)
        field.setUnaryEnergy(pydensecrf.utils.unary_from_softmax(probability))
        field.addPairwiseGaussian(sxy=3, compat=3)
        field.addPairwiseBilateral(sxy=32, srgb=13, rgbim=image, compat=10)
        return np.array(field.inference(1))

    return lambda: {"seconds": seconds(refine)}


def prepare_start_up(options):
    model = BLPSeg(CLASSES)  # Kept until the end, as its memory counts.
    return lambda model=model: {"seconds": 0}


TASKS = {name.removeprefix("prepare_"): value for name, value in globals().items() if name.startswith("prepare_")}
FOLDERS = {"loading": ("images", "scribbles"), "dense_crf": ("images",)}


def parsed_options():
    parser = argparse.ArgumentParser(description="One process of the PyTorch side of the benchmarks.")
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--threads", type=int, help="of PyTorch; all cores unless told")
    parser.add_argument("--side", type=int, help="of the square images of training_step and single_view")
    parser.add_argument("--batch", type=int, help="images of training_step and single_view")
    parser.add_argument("--images", type=Path, help="folder of photographs")
    parser.add_argument("--scribbles", type=Path, help="folder of scribble PNGs with the photographs' names")
    options = parser.parse_args()
    for name in ("threads", "side", "batch"):
        if (value := getattr(options, name)) is not None and value < 1:
            parser.error(f"--{name} must be at least 1")
    for name in FOLDERS.get(options.task, ()):
        folder = getattr(options, name)
        if folder is None or not folder.is_dir():
            parser.error(f"{options.task} needs --{name} FOLDER" + (f": {folder} is no folder" if folder else ""))
    return options


def tell(values):
    print(json.dumps(values), flush=True)


def main():
    options = parsed_options()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    run = TASKS[options.task](options)
    tell({"ready": True})
    for _ in sys.stdin:
        tell({**run(), "peak_memory": peak_memory()})


if __name__ == "__main__":
    main()
