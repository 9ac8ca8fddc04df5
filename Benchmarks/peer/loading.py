"""Scribbled photographs as training samples, read with Pillow and augmented with OpenCV as is usual beside PyTorch."""

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
IGNORED = 255
PHOTOGRAPHS = {".jpg", ".jpeg", ".png"}


def photographs(folder):
    """Files by their names without suffix, in the names' order."""
    return {path.stem: path for path in sorted(Path(folder).iterdir()) if path.suffix.lower() in PHOTOGRAPHS}


def normalized(image):
    """8-bit RGB [H, W, 3] to the float32 values that the network expects."""
    return (image.astype(np.float32) / 255 - MEAN) / DEVIATION


def to_tensor(image):
    """[H, W, 3] to [3, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


class ScribbleDataset(torch.utils.data.Dataset):
    """Photographs with a scribble PNG of the same name, flipped, scaled and cropped at random.

    A sample is an image [3, crop, crop] and labels [crop, crop] with 0..<classes, `classes` where nothing is drawn, and
    255 where the crop is padded.
    """

    def __init__(self, images, scribbles, classes=21, crop=384, scales=(0.75, 1.25), seed=0):
        self.images = photographs(images)
        self.scribbles = {path.stem: path for path in Path(scribbles).glob("*.png")}
        self.ids = [name for name in self.images if name in self.scribbles]
        self.classes = classes
        self.crop = crop
        self.scales = scales
        self.random = np.random.default_rng(seed)

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        name = self.ids[index]
        image = np.array(Image.open(self.images[name]).convert("RGB"))
        labels = np.array(Image.open(self.scribbles[name]))
        labels[labels == IGNORED] = self.classes
        if self.random.random() < 0.5:
            image, labels = cv2.flip(image, 1), cv2.flip(labels, 1)
        scale = self.random.uniform(*self.scales)
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        labels = cv2.resize(labels, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        image, labels = self.cropped(normalized(image), labels)
        return to_tensor(image), torch.from_numpy(labels.astype(np.int64))

    def cropped(self, image, labels):
        """A random part of crop x crop pixels; a side that is too small lies at a random offset."""
        side = self.crop
        cropped_image = np.zeros((side, side, 3), np.float32)
        cropped_labels = np.full((side, side), IGNORED, labels.dtype)
        source, target = [], []
        for size in labels.shape:
            offset = self.random.integers(abs(size - side) + 1)
            length = min(size, side)
            source.append(slice(offset, offset + length) if size > side else slice(0, length))
            target.append(slice(0, length) if size > side else slice(offset, offset + length))
        cropped_image[tuple(target)] = image[tuple(source)]
        cropped_labels[tuple(target)] = labels[tuple(source)]
        return cropped_image, cropped_labels
