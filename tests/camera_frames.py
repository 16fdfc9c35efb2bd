"""What a phone sees of a tin: a label bent round a cylinder, turned, blurred, badly lit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import qrcode
from PIL import Image, ImageDraw, ImageFilter

FRAME = (1280, 720)
LABEL = (620, 460)
HALF_ANGLE = 0.45  # radians: a label 45 mm wide on a tin 100 mm across
Y4M_HEAD = "YUV4MPEG2 W{} H{} F10:1 Ip A1:1 C420jpeg\n"
GREY = 128  # chroma without colour


@dataclass(frozen=True)
class Sight:
    """How the camera sees the label.

    Attributes:
        turn: degrees.
        blur: radius of a Gaussian, pixels.
        dark: how much less light the right edge gets than the left, 0 to 1.
        bent: on a tin; else flat.
        size: of the label in the picture, as a share of what fits.
    """

    turn: float = 0.0
    blur: float = 0.0
    dark: float = 0.0
    bent: bool = False
    size: float = 1.0


def draw_label(text: str) -> Image.Image:
    """A printed label: the code, quiet zone and all, and some words beside it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    square = code.make_image().get_image().convert("L").resize((400, 400))
    label = Image.new("L", LABEL, 250)
    label.paste(square, (15, 30))
    pen = ImageDraw.Draw(label)
    for line in range(6):
        pen.text((430, 60 + 50 * line), "LOT A26B11K1" if line % 2 else "INFANT FORMULA", fill=30)
    return label


def bend(label: Image.Image) -> Image.Image:
    """The label on a standing tin, seen from the front: its sides turn away and get darker."""
    flat = np.asarray(label, dtype=np.float32)
    height, width = flat.shape
    angle = HALF_ANGLE
    seen = np.linspace(-np.sin(angle), np.sin(angle), width)
    columns = (np.arcsin(seen) / angle + 1) / 2 * (width - 1)
    left = np.floor(columns).astype(int).clip(0, width - 2)
    part = columns - left
    bent = flat[:, left] * (1 - part) + flat[:, left + 1] * part
    bent *= np.sqrt(1 - seen**2)[None, :]
    sag = (1 - np.sqrt(1 - seen**2)) * height * 0.25  # the camera looks a little from above
    rows = np.clip(np.arange(height)[:, None] - sag[None, :], 0, height - 1).round().astype(int)
    return Image.fromarray(np.take_along_axis(bent, rows, axis=0).astype(np.uint8))


def see(text: str, sight: Sight) -> Image.Image:
    """One frame, grey."""
    label = draw_label(text)
    label = bend(label) if sight.bent else label
    if sight.size != 1.0:
        label = label.resize((round(LABEL[0] * sight.size), round(LABEL[1] * sight.size)))
    mask = Image.new("L", label.size, 255)
    label = label.rotate(sight.turn, Image.Resampling.BICUBIC, expand=True)
    mask = mask.rotate(sight.turn, Image.Resampling.BICUBIC, expand=True)
    frame = Image.new("L", FRAME, 120)
    frame.paste(label, ((FRAME[0] - label.width) // 2, (FRAME[1] - label.height) // 2), mask)
    if sight.blur:
        frame = frame.filter(ImageFilter.GaussianBlur(sight.blur))
    light = np.linspace(1.0, 1.0 - sight.dark, FRAME[0])[None, :]
    return Image.fromarray((np.asarray(frame) * light).astype(np.uint8))


def write_y4m(path: Path, frame: Image.Image, *, seed: int = 1, frames: int = 3) -> Path:
    """A film of one picture with a sensor's noise, as Chromium's fake camera takes it."""
    noise = np.random.default_rng(seed)
    luma = np.asarray(frame, dtype=np.int16)
    chroma = np.full(FRAME[0] * FRAME[1] // 2, GREY, dtype=np.uint8)
    with path.open("wb") as file:
        file.write(Y4M_HEAD.format(*FRAME).encode())
        for _ in range(frames):
            grain: npt.NDArray[np.int16] = noise.normal(0, 4, luma.shape).astype(np.int16)
            file.write(b"FRAME\n" + np.clip(luma + grain, 0, 255).astype(np.uint8).tobytes())
            file.write(chroma.tobytes())
    return path
