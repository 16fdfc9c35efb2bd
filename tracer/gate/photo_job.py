"""The child's job: the texts of the QR codes in a photo.

The photo is decoded small first, since a code that fills a good part of it needs no more, and in
full only if nothing was found and it is not too large for that.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

import zxingcpp
from PIL import Image, JpegImagePlugin, PngImagePlugin

from tracer.gate.child import Json, answer
from tracer.gate.limits import (
    MAX_CODE_CHARS,
    MAX_CODES,
    MAX_IMAGE_BYTES,
    MAX_PHOTO_PIXELS,
    MAX_SIDE,
    PHOTO_SMALL_SIDE,
    PHOTO_WHOLE_PIXELS,
)
from tracer.gate.reasons import RefusedError
from tracer.gate.sniff import JPEG

_BYTES: Final = {"1": 1, "L": 1, "P": 1, "RGB": 4}  # of a pixel; the grey copy adds one
_OTHER_BYTES: Final = 4
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def run(file: int, channel: int) -> None:
    """Answer for one photo."""
    answer(file, channel, _work)


def _work(data: bytes, question: Mapping[str, Any]) -> tuple[Json, bytes]:
    is_jpeg = question["mediaType"] == JPEG
    small, was_shrunk = _grey(data, PHOTO_SMALL_SIDE, is_jpeg=is_jpeg)
    texts = _read(small)
    if not texts and was_shrunk:
        del small
        whole, _ = _grey(data, 0, is_jpeg=is_jpeg)
        texts = _read(whole)
    return {"texts": texts}, b""


def _grey(data: bytes, side: int, *, is_jpeg: bool) -> tuple[Image.Image, bool]:
    """The picture in grey, at most about twice as large as `side`; 0 asks for all of it.

    Returns:
        The picture, and whether a larger one could be had.

    Raises:
        RefusedError: it has too many pixels.
    """
    kind = JpegImagePlugin.JpegImageFile.format if is_jpeg else PngImagePlugin.PngImageFile.format
    Image.MAX_IMAGE_PIXELS = None  # the next lines look at the header themselves
    with Image.open(io.BytesIO(data), formats=[kind or ""]) as image:
        pixels, longest = image.width * image.height, max(image.width, image.height)
        if pixels > MAX_PHOTO_PIXELS or longest > MAX_SIDE:
            raise RefusedError("image-too-large", width=image.width, height=image.height)
        if is_jpeg:  # the decoder leaves out what a smaller picture does not need
            least = side if side and longest > side else longest
            image.draft("L", (image.width * least // longest, image.height * least // longest))
        held = image.width * image.height
        if held * (_BYTES.get(image.mode, _OTHER_BYTES) + 1) > MAX_IMAGE_BYTES:
            raise RefusedError("image-too-large", width=image.width, height=image.height)
        is_smaller = held < pixels
        factor = max(image.width, image.height) // side if side else 1
        grey = image.convert("L")
    if factor > 1:
        grey = grey.reduce(factor)
    may_grow = (is_smaller or factor > 1) and pixels <= PHOTO_WHOLE_PIXELS
    return grey, may_grow


def _read(grey: Image.Image) -> list[str]:
    """What the codes say, each once, in the reader's order."""
    found = zxingcpp.read_barcodes(grey, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    texts = (code.text for code in found if code.valid)
    short = (text for text in texts if 0 < len(text) <= MAX_CODE_CHARS)
    return list(dict.fromkeys(short))[:MAX_CODES]
