"""Times the PyTorch side on a CUDA device, as a researcher would write it: eager mode, autocast, a gradient scaler.

Usage: device.py OUTPUT.json [--small]

Writes what `blpseg inspect device --timings --json` writes under "timings": the same names, batches and sizes, seconds of seven
repetitions after two, and the most memory that tensors held. `--small` is for a CPU, to see that it runs.
"""

import argparse
import json
import time

import torch

from losses import adamw, blp_loss
from model import BLPSeg, resized

CLASSES, BATCH, CROP = 21, 10, 384
WIDTH, HEIGHT = 500, 375
SCALES = (0.5, 0.75, 1, 1.25)
LABELLED = 0.03
MODES = {
    "float32": (None, False),
    "TF32": (None, True),
    "bfloat16": (torch.bfloat16, False),
    "float16": (torch.float16, False),
}


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def timed(name, device, action, repetitions=7):
    for _ in range(2):
        action()
    synchronize(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        synchronize(device)
        seconds.append(time.perf_counter() - start)
    memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else 0
    return {"name": name, "seconds": seconds, "peakMemory": memory}


def training_step(device, mode, batch, crop):
    network = BLPSeg(CLASSES).train().to(device)
    optimizer = adamw(network)
    scaler = torch.amp.GradScaler(device.type, enabled=mode == torch.float16)
    images = torch.randn(batch, 3, crop, crop)
    drawn = torch.rand(batch, crop, crop) < LABELLED
    labels = torch.randint(CLASSES, drawn.shape).where(drawn, CLASSES)

    def step():
        optimizer.zero_grad()
        there, target = images.to(device), labels.to(device)
        with torch.autocast(device.type, mode, enabled=mode is not None):
            logits, scribble_logits = network(there)
            loss = network.CELoss(scribble_logits, target) + blp_loss(logits.float(), scribble_logits.float(), target)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    return step


def multi_scale(device, mode, width, height):
    network = BLPSeg(CLASSES).eval().to(device)
    image = torch.randn(1, 3, height, width, device=device)

    @torch.inference_mode()
    def predict():
        total = torch.zeros(1, CLASSES, height, width, device=device)
        with torch.autocast(device.type, mode, enabled=mode is not None):
            for scale in SCALES:
                size = round(scale * height), round(scale * width)
                view = torch.nn.functional.interpolate(image, size=size, mode="bicubic", align_corners=False)
                total += resized(network(view), (height, width), align_corners=True)
                total += resized(network(view.flip(3)), (height, width), align_corners=True).flip(3)
        return (total / (2 * len(SCALES))).softmax(dim=1).argmax(dim=1).cpu()

    return predict


def main():
    parser = argparse.ArgumentParser(description="Times the PyTorch side on a CUDA device.")
    parser.add_argument("output")
    parser.add_argument("--small", action="store_true", help="tiny sizes, on the CPU if need be")
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    batch, crop, width, height = (2, 64, 80, 60) if options.small else (BATCH, CROP, WIDTH, HEIGHT)
    timings = []
    for name, (mode, tf32) in MODES.items():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        tasks = {
            f"training step, {name}": lambda: training_step(device, mode, batch, crop),
            f"four scales and mirror of 500 x 375, {name}": lambda: multi_scale(device, mode, width, height),
        }
        for task, prepare in tasks.items():
            torch.manual_seed(0)
            try:
                timings.append(timed(task, device, prepare(), 1 if options.small else 7))
            except torch.OutOfMemoryError as error:
                print(f"{task}: {error}")
            print(json.dumps(timings[-1]), flush=True)
            if device.type == "cuda":
                torch.cuda.empty_cache()
    with open(options.output, "w") as file:
        json.dump({"device": str(device), "version": torch.__version__, "timings": timings}, file, indent=1)


if __name__ == "__main__":
    main()
