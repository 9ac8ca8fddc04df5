"""Makes Tests/Goldens/images: small JPEG and PNG files of many kinds, and the pixels that they must decode to.

JPEG pixels come from Pillow, nearest resizing from OpenCV, PNG pixels from the values that are written.

    pip install numpy pillow opencv-python-headless safetensors
    python Scripts/goldens/images.py
"""
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Goldens/images"
WIDTH, HEIGHT = 37, 29
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]

expected = {}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    """Rows of a PNG, each after its filter byte 0."""
    out = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            out += b"\0" + row.astype(">u2").tobytes()
        elif depth == 8:
            out += b"\0" + row.astype("u1").tobytes()
        else:
            bits = ((row[:, None] >> np.arange(depth)[::-1]) & 1).astype("u1").reshape(-1)
            out += b"\0" + np.packbits(bits).tobytes()
    return out


def png(samples, depth, kind, interlaced=False, extra=b"", size=None):
    height, width = size or samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlaced else [samples]
    data = b"".join(packed_rows(p, depth) for p in passes if p.size)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def write(name, data):
    (FOLDER / name).write_bytes(data)


def photograph():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = 127 + 120 * np.sin(x / 5) * np.cos(y / 7)
    green = (x * 255 / (WIDTH - 1) + y * 3) % 256
    blue = np.where((x - 20) ** 2 + (y - 12) ** 2 < 80, 230, 40)
    return np.stack([red, green, blue], -1).astype("u1")


def jpegs():
    photo = Image.fromarray(photograph())
    exif = Image.Exif()
    exif[0x0112] = 6
    cmyk = Image.fromarray(np.dstack([255 - photograph(), (photograph()[:, :, 0] // 3)[:, :, None]]), "CMYK")
    kinds = {
        "baseline": (photo, {}),
        "full_color": (photo, {"subsampling": 0}),
        "progressive": (photo, {"progressive": True}),
        "restarts": (photo, {"restart_marker_rows": 1}),
        "grey": (photo.convert("L"), {}),
        "cmyk": (cmyk, {"subsampling": 0}),
        "turned": (photo, {"exif": exif}),
    }
    files = {}
    for name, (image, options) in kinds.items():
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90, **options)
        files[name] = buffer.getvalue()
        write(f"{name}.jpg", files[name])
        expected[f"jpeg.{name}"] = np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB"))
    baseline, progressive = files["baseline"], files["progressive"]
    scan = baseline.index(b"\xff\xda")
    write("stray_bytes.jpg", baseline[:scan] + b"\0\0\0" + baseline[scan:])
    # The scan that adds the lowest bit of each block's mean can be repeated without contradiction.
    start = progressive.index(bytes.fromhex("ffda000c030100020003000000"))
    scan = progressive[start:progressive.index(b"\xff\xc4", start)]
    write("many_scans.jpg", progressive[:-2] + scan * 300 + b"\xff\xd9")


def pngs():
    photo = photograph()
    rng = np.random.default_rng(7)
    for depth in (1, 2, 4, 8):
        samples = rng.integers(0, 2**depth, (HEIGHT, WIDTH))
        palette = rng.integers(0, 256, (2**depth, 3)).astype("u1")
        expected[f"label.{depth}"] = samples.astype("u1")
        write(f"grey_{depth}.png", png(samples, depth, GREY))
        expected[f"png.grey_{depth}"] = np.repeat(samples[:, :, None] * 255 // (2**depth - 1), 3, 2).astype("u1")
        write(f"palette_{depth}.png", png(samples, depth, PALETTE, extra=chunk(b"PLTE", palette.tobytes())))
        expected[f"png.palette_{depth}"] = palette[samples]
    write("rgb.png", png(photo, 8, RGB))
    write("interlaced.png", png(photo, 8, RGB, interlaced=True))
    expected["png.rgb"] = photo
    labels = expected["label.4"]
    palette = chunk(b"PLTE", rng.integers(0, 256, (16, 3)).astype("u1").tobytes())
    write("palette_interlaced.png", png(labels.astype(int), 4, PALETTE, interlaced=True, extra=palette))

    deep = rng.integers(0, 65536, (HEIGHT, WIDTH, 3))
    write("rgb_16.png", png(deep, 16, RGB))
    expected["png.rgb_16"] = np.round(deep * 255 / 65535).astype("u1")
    write("grey_16.png", png(labels.astype(int), 16, GREY))
    labels = labels.astype(int)
    labels[3, 5] = 300
    write("grey_16_large.png", png(labels, 16, GREY))

    def on_white(color, alpha):
        return np.floor((color * alpha + 255.0 * (255 - alpha)) / 255 + 0.5).astype("u1")

    alpha = rng.integers(0, 256, (HEIGHT, WIDTH, 1))
    write("rgb_alpha.png", png(np.dstack([photo, alpha]), 8, RGB_ALPHA))
    expected["png.rgb_alpha"] = on_white(photo.astype(int), alpha)
    grey = photo[:, :, :1].astype(int)
    write("grey_alpha.png", png(np.dstack([grey, alpha]), 8, GREY_ALPHA, interlaced=True))
    expected["png.grey_alpha"] = np.repeat(on_white(grey, alpha), 3, 2)
    colors = np.array([[10, 20, 30], [200, 100, 0]])
    opacity = np.array([0, 255])
    samples = rng.integers(0, 2, (HEIGHT, WIDTH))
    write("palette_transparent.png", png(
        samples, 1, PALETTE, extra=chunk(b"PLTE", colors.astype("u1").tobytes()) + chunk(b"tRNS", bytes([0, 255]))))
    expected["png.palette_transparent"] = on_white(colors[samples], opacity[samples][:, :, None])

    nothing = np.zeros((1, 1, 3), int)
    write("huge.png", png(nothing, 8, RGB, size=(60000, 60000)))
    write("bomb.png", png(nothing, 8, RGB, size=(16000, 16000)))


def nearest():
    """OpenCV's nearest rows of a ramp, at factors whose rounding is delicate."""
    ramp = np.repeat(np.arange(256, dtype="u1")[None], 16, 0)
    delicate = [0.1, 0.3, 0.7, 1 / 3, 2 / 3, 1.1, 1.0, 3.0]
    factors = np.concatenate([np.random.default_rng(3).uniform(0.5, 1.5, 30), delicate])
    for i, factor in enumerate(factors):
        expected[f"nearest.{i}"] = cv2.resize(ramp, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    expected["nearest.factors"] = factors


FOLDER.mkdir(parents=True, exist_ok=True)
jpegs()
pngs()
nearest()
save_file({name: np.ascontiguousarray(a) for name, a in expected.items()}, FOLDER / "expected.safetensors")
