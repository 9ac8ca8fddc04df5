"""Prints what TensorBoard reads from a folder of event files, as JSON.

{"scalars": {TAG: [{"step", "value", "time"}...]}, "images": {TAG: [{"step", "width", "height", "pixels"}...]}};
values are texts, since JSON knows no infinity; width and height are those of the event, pixels those of the PNG.
"""

import io
import json
import sys

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
events.Reload()


def pixels(encoded):
    image = Image.open(io.BytesIO(encoded))
    assert (image.format, image.mode) == ("PNG", "RGB"), (image.format, image.mode)
    return list(image.tobytes())


print(json.dumps({
    "scalars": {
        tag: [{"step": e.step, "value": repr(float(e.value)), "time": e.wall_time} for e in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]},
    "images": {
        tag: [
            {"step": e.step, "width": e.width, "height": e.height, "pixels": pixels(e.encoded_image_string)}
            for e in events.Images(tag)]
        for tag in events.Tags()["images"]},
}))
