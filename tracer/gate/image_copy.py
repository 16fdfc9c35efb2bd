"""Encodes an image anew: the same picture, without anything that was beside it.

Runs in the child only.
"""

import io
import math
from typing import IO

from PIL import Image, JpegImagePlugin, PngImagePlugin

from tracer.gate.limits import MAX_IMAGE_BYTES, VIEW_PIXELS
from tracer.gate.reasons import RefusedError
from tracer.gate.sniff import JPEG

_FORMATS = {True: JpegImagePlugin.JpegImageFile.format, False: PngImagePlugin.PngImageFile.format}
_QUALITY = 88
_KEPT_MODES = frozenset({"1", "L", "RGB", "RGBA"})
_OPAQUE_MODES = frozenset({"I;16", "I", "F", "CMYK", "YCbCr"})
_BYTES = {"1": 2, "L": 1, "RGB": 4}  # of a pixel in memory while it is made smaller
_OTHER_BYTES = 8  # other modes are converted first, so that two pictures are held


def copy_image(file: IO[bytes], media_type: str) -> bytes:
    """Decode an image and encode its pixels, at most `VIEW_PIXELS` of them.

    Args:
        file: the whole file.
        media_type: JPEG or PNG; no other decoder is tried.

    Raises:
        RefusedError: it does not decode, or needs too much memory.
    """
    is_jpeg = media_type == JPEG
    Image.MAX_IMAGE_PIXELS = None  # `images.check_size` has looked at the header already
    with Image.open(file, formats=[_FORMATS[is_jpeg] or ""]) as image:
        if getattr(image, "n_frames", 1) != 1:
            raise RefusedError("image-animated")
        shrink = math.sqrt(image.width * image.height / VIEW_PIXELS)
        if is_jpeg and shrink > 1:
            # The decoder leaves out what a smaller picture does not need.
            image.draft(None, (int(image.width / shrink), int(image.height / shrink)))
        needed = image.width * image.height * _BYTES.get(image.mode, _OTHER_BYTES)
        if needed > MAX_IMAGE_BYTES:
            raise RefusedError("image-too-large", width=image.width, height=image.height)
        image.load()
        plain = _plain(image)
    return _encode(plain, is_jpeg=is_jpeg)


def _plain(image: Image.Image) -> Image.Image:
    """Fewer pixels, in a mode that every viewer shows."""
    factor = math.ceil(math.sqrt(image.width * image.height / VIEW_PIXELS))
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if factor > 1:
        image = image.convert("L") if image.mode == "1" else image
        image = image.reduce(factor)
    if image.mode in _KEPT_MODES:
        return image if factor > 1 else image.copy()
    return image.convert("RGB" if image.mode in _OPAQUE_MODES else "RGBA")


def _encode(image: Image.Image, *, is_jpeg: bool) -> bytes:
    made = io.BytesIO()
    image.info = {}  # colour profile, comments, resolution: the writers would take them along
    if is_jpeg:
        image.save(made, "JPEG", quality=_QUALITY)
    else:
        image.save(made, "PNG", compress_level=1)
    return made.getvalue()
