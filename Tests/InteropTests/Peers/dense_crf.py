"""Refines the probabilities of a folder with pydensecrf.

Usage: dense_crf.py FOLDER WIDTH HEIGHT CLASSES STEPS

Reads `image` (8-bit RGB) and `probability` (float32 [C, H, W]), writes `refined`, and prints the seconds that it takes
when the program is warm, by the clock and of the processor, and the megabytes by which its memory grew the first time.
"""

import pathlib
import sys
import time

import numpy
import pydensecrf.densecrf
import pydensecrf.utils

folder = pathlib.Path(sys.argv[1])
width, height, classes, steps = map(int, sys.argv[2:])
image = numpy.fromfile(folder / "image", numpy.uint8).reshape(height, width, 3)
probability = numpy.fromfile(folder / "probability", numpy.float32).reshape(classes, height, width)


def refined():
    field = pydensecrf.densecrf.DenseCRF2D(width, height, classes)
    field.setUnaryEnergy(pydensecrf.utils.unary_from_softmax(probability))
    field.addPairwiseGaussian(sxy=3, compat=3)
    field.addPairwiseBilateral(sxy=32, srgb=13, rgbim=image, compat=10)
    return numpy.array(field.inference(steps))


def status(key):
    """Kilobytes of this process as Linux counts them; 0 elsewhere."""
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


before = status("VmRSS")
refined()
growth = (status("VmHWM") - before) / 1024
start = (time.perf_counter(), time.process_time())
result = refined()
end = (time.perf_counter(), time.process_time())
result.astype(numpy.float32).tofile(folder / "refined")
print(end[0] - start[0], end[1] - start[1], growth)
