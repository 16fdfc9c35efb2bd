import io

import pytest
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import QRData

from tracer.errors import LimitExceededError
from tracer.labels.symbol import (
    ALPHANUMERIC,
    BYTE,
    FAST_MASK,
    QUIET_MODULES,
    Level,
    Symbol,
    build_symbol,
    split_segments,
)

TIN = "https://id.example.org/01/09520010001015/10/A26B11K1/21/KBB7F21FC"


def read(symbol: Symbol, module_px: int = 4) -> list[str]:
    """What an independent reader sees."""
    side = symbol.size + 2 * QUIET_MODULES
    image = Image.new("L", (side, side), 255)
    for y, row in enumerate(symbol.rows):
        for x, dark in enumerate(row):
            image.putpixel((x + QUIET_MODULES, y + QUIET_MODULES), 0 if dark else 255)
    large = image.resize((side * module_px, side * module_px), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, "PNG")
    return [code.text for code in zxingcpp.read_barcodes(Image.open(buffer))]


class TestSegments:
    def test_host_is_bytes_and_path_is_alphanumeric(self) -> None:
        assert split_segments(TIN) == [
            (BYTE, "https://id.example.org"),
            (ALPHANUMERIC, "/01/09520010001015/10/A26B11K1/21/KBB7F21FC"),
        ]

    def test_query_goes_back_to_bytes(self) -> None:
        assert split_segments(TIN + "?17=280210")[-1] == (BYTE, "?17=280210")

    def test_port_joins_the_path(self) -> None:
        uri = "http://127.0.0.1:8000/01/09520010001015/21/K1"
        assert split_segments(uri) == [(BYTE, "http"), (ALPHANUMERIC, uri.removeprefix("http"))]

    @pytest.mark.parametrize("text", ["", "a", "ABC", "abcABCabc", TIN, TIN.lower()])
    def test_segments_put_together_are_the_text(self, text: str) -> None:
        assert "".join(part for _, part in split_segments(text)) == text


class TestSymbol:
    def test_mixed_segments_need_33_modules_where_bytes_need_37(self) -> None:
        plain = QRCode(error_correction=ERROR_CORRECT_M, border=0)
        plain.add_data(QRData(TIN.encode(), BYTE))
        plain.make(fit=True)
        assert (build_symbol(TIN).size, len(plain.get_matrix())) == (33, 37)

    @pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
    @pytest.mark.parametrize("mask", [None, FAST_MASK])
    def test_every_level_is_read(self, level: Level, mask: int | None) -> None:
        assert read(build_symbol(TIN, level=level, mask=mask)) == [TIN]

    def test_odd_characters_are_read(self) -> None:
        uri = "https://id.example.org/01/09520010001015/10/a%2Fb%23c/21/K-1.x?17=280210"
        assert read(build_symbol(uri)) == [uri]

    def test_same_text_gives_the_same_symbol(self) -> None:
        assert build_symbol(TIN) == build_symbol(TIN)

    @pytest.mark.parametrize("uri", ["https://" + "a" * 300, "https://例.example/"])
    def test_too_long_or_not_ascii(self, uri: str) -> None:
        with pytest.raises(LimitExceededError, match="at most 300 ASCII characters"):
            build_symbol(uri)
