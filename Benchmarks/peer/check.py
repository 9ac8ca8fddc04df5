"""Compares the PyTorch side of the benchmarks with the published program's values in Tests/Goldens.

Prints the worst differences, and ends with 1 when one is beyond its tolerance. Needs torch and safetensors:

    Scripts/setup-interop && .interop/bin/python Benchmarks/peer/check.py
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from losses import LEARNING_RATE, adamw, blp_loss, training_step
from model import BLPSeg, LocalAggregation

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests/Goldens"
sys.path.append(str(ROOT / "Scripts/goldens"))
from fill import fill  # noqa: E402

FORWARD, FIRST_LOSS, LATER = 1e-5, 1e-10, 1e-7
ROUNDING_NOISE = 1e-9
ITERATIONS = 40

failures = 0


def report(name, difference, tolerance):
    global failures
    passed = difference <= tolerance
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {name}: {difference:.2e} (tolerance {tolerance:.0e})")


def worst(found, expected):
    """The largest difference of two tensors, relative to the largest magnitude of the second."""
    if found.shape != expected.shape:
        return float("inf")
    return ((found - expected).abs().max() / expected.abs().max()).item()


def names():
    shapes = json.loads((GOLDENS / "state_dict_shapes.json").read_text())
    for key, backbone, classes in (
        ("voc-resnet101", "resnet101", 21), ("voc-resnet50", "resnet50", 21), ("context-resnet101", "resnet101", 60),
    ):
        expected = {name: shape for name, shape in shapes[key].items() if name != "distance_prob"}
        with torch.device("meta"):
            network = BLPSeg(classes, backbone)
        found = {name: list(value.shape) for name, value in network.state_dict().items()}
        wrong = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
        report(f"{key}: names or shapes that differ, of {len(expected)}", len(wrong), 0)


def golden_network(dtype):
    network = BLPSeg(21, "resnet50", dropout=0)
    fill(network.state_dict())
    return network.to(dtype)


def forward(golden):
    network = golden_network(torch.float32).eval()
    with torch.inference_mode():
        report("logits", worst(network(golden["image"]), golden["eval.logits"]), FORWARD)
        report("logits of an odd size", worst(network(golden["odd.image"]), golden["odd.logits"]), FORWARD)
        report("shallow feature", worst(network.embed_proj(golden["image"]), golden["eval.shallow"]), FORWARD)


def training(golden, values):
    """Two steps in float64, as the values were computed."""
    network = golden_network(torch.float64).train()
    optimizer = adamw(network)
    images, labels = golden["image"].double(), golden["scribble"]
    for step, expected in enumerate(values["adamw_steps"][:2]):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / (ITERATIONS + 1)) ** 0.9
        losses = training_step(network, optimizer, images, labels)
        for name, loss in zip(("loss_scrib", "loss_seg"), losses):
            difference = abs(loss - expected[name]) / expected[name]
            report(f"step {step}, {name}", difference, LATER if step else FIRST_LOSS)
        if step == 0:
            gradients(network, values["train.self_training=False"]["grad_norm"])


def gradients(network, norms):
    found = {name: value.grad.norm().item() for name, value in network.named_parameters() if value.grad is not None}
    report(f"gradients that are missing or not expected, of {len(norms)}", len(found.keys() ^ norms.keys()), 0)
    both = found.keys() & norms.keys()
    exact = [name for name in both if norms[name] >= ROUNDING_NOISE]
    noise = [found[name] for name in both if norms[name] < ROUNDING_NOISE]
    ratios = torch.tensor([found[name] / norms[name] for name in exact], dtype=torch.float64)
    report("gradient norms", (ratios - 1).abs().max().item(), LATER)
    report("gradient norms that are exactly zero", torch.tensor(noise).max().item(), ROUNDING_NOISE)


def local_aggregation(golden):
    features = golden["lam_hard.feature"].clone().requires_grad_()
    values = golden["lam_hard.value"].clone().requires_grad_()
    out = LocalAggregation()(features, values)
    out.backward(golden["lam_hard.cotangent"])
    report("local aggregation", worst(out.detach(), golden["lam_hard.out"]), FORWARD)
    report("local aggregation, gradient of features", worst(features.grad, golden["lam_hard.grad_feature"]), FORWARD)
    report("local aggregation, gradient of values", worst(values.grad, golden["lam_hard.grad_value"]), FORWARD)


def weighted_loss(golden, values):
    for gamma in (0.0, 1.0, 2.0):
        logits = golden["blp.pred"].clone().requires_grad_()
        loss = blp_loss(logits, golden["blp.scribble_pred"], golden["blp.label"], gamma)
        loss.backward()
        expected = values[f"blp.gamma={gamma}"]
        report(f"BLP loss, gamma {gamma:.0f}", abs(loss.item() - expected) / expected, FORWARD)
        report(f"BLP loss, gamma {gamma:.0f}, gradient", worst(logits.grad, golden[f"blp.grad.gamma={gamma}"]), FORWARD)


if __name__ == "__main__":
    golden = load_file(GOLDENS / "golden.safetensors")
    values = json.loads((GOLDENS / "golden.json").read_text())
    names()
    forward(golden)
    training(golden, values)
    local_aggregation(golden)
    weighted_loss(golden, values)
    sys.exit(1 if failures else 0)
