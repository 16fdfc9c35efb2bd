"""Photos that readers send to have their codes read: what comes in, and what never happens."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import qrcode
from PIL import Image
from served_world import open_client
from tracer_api.photos import Places, read_photo

from tracer.errors import BusyError, InputError
from tracer.gate.limits import MAX_PHOTO_BYTES
from tracer.settings import Settings
from tracer.store.session import open_engine

LINK = "https://id.example.org/01/09520010001015/10/A26B11K1/21/7K3M9QXA2B4C"
JPEG, PNG = "image/jpeg", "image/png"


def code(text: str) -> Image.Image:
    return qrcode.make(text, box_size=6).get_image().convert("RGB")


def picture(*texts: str, size: tuple[int, int] = (1200, 800)) -> Image.Image:
    image = Image.new("RGB", size, (190, 180, 170))
    for place, text in enumerate(texts):
        image.paste(code(text), (20 + 400 * place, 60))
    return image


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, row_bytes: int) -> bytes:
    """A PNG in 8-bit grey whose rows are all zero, packed as small as deflate can."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" * row_bytes) for _ in range(height)) + packer.flush()
    head = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class TestReadPhoto:
    @pytest.mark.parametrize(("kind", "media_type"), [("JPEG", JPEG), ("PNG", PNG)])
    def test_says_what_the_code_says(self, kind: str, media_type: str) -> None:
        assert read_photo(encoded(picture(LINK), kind), media_type) == [LINK]

    def test_two_codes_are_two_texts(self) -> None:
        texts = read_photo(encoded(picture(LINK, "https://id.example.org/x")), JPEG)
        assert set(texts) == {LINK, "https://id.example.org/x"}

    def test_the_same_code_twice_is_one_text(self) -> None:
        assert read_photo(encoded(picture(LINK, LINK)), JPEG) == [LINK]

    def test_a_picture_without_a_code_is_no_error(self) -> None:
        assert read_photo(encoded(picture()), JPEG) == []

    def test_a_photo_of_twelve_million_pixels(self) -> None:
        image = picture(size=(4000, 3000))
        image.paste(code(LINK).resize((900, 900)), (1500, 1000))
        assert read_photo(encoded(image), JPEG) == [LINK]

    def test_a_code_that_is_small_in_a_large_photo(self) -> None:
        image = picture(size=(4000, 3000))
        image.paste(qrcode.make(LINK, box_size=3).get_image().convert("RGB"), (1500, 1000))
        assert read_photo(encoded(image), JPEG) == [LINK]

    def test_an_upside_down_grey_png_with_a_palette(self) -> None:
        image = picture(LINK).rotate(180).convert("P")
        assert read_photo(encoded(image, "PNG"), PNG) == [LINK]

    def test_a_text_longer_than_any_link_is_left_out(self) -> None:
        image = Image.new("RGB", (1200, 1200), "white")
        image.paste(
            qrcode.make("A" * 2_500, box_size=6).get_image().convert("RGB").resize((1100, 1100))
        )
        assert read_photo(encoded(image, "PNG"), PNG) == []


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "declared"),
        [
            (b"", JPEG),
            (b"%PDF-1.7", JPEG),
            (b"GIF89a" + bytes(100), PNG),
            (encoded(Image.new("RGB", (8, 8)), "PNG"), JPEG),
            (b"\xff\xd8\xff" + bytes(range(256)) * 8, JPEG),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, PNG),
            (encoded(picture(LINK))[:2_000], JPEG),
        ],
        ids=[
            "nothing",
            "a PDF",
            "a GIF",
            "a PNG called JPEG",
            "JPEG garbage",
            "PNG garbage",
            "half",
        ],
    )
    def test_what_is_no_whole_picture_of_its_type(self, data: bytes, declared: str) -> None:
        with pytest.raises(InputError, match="the photo cannot be read"):
            read_photo(data, declared)

    def test_a_bomb_of_many_pixels(self) -> None:
        bomb = png_of(20_000, 20_000, 20_001)
        assert len(bomb) < 1_000_000
        with pytest.raises(InputError, match="too many pixels: 20000 x 20000"):
            read_photo(bomb, PNG)

    def test_a_bomb_whose_header_lies(self) -> None:
        """Few pixels are declared, 400 million bytes follow: they are never inflated."""
        assert read_photo(png_of(8, 20_000, 20_001), PNG) == []

    def test_a_picture_that_needs_too_much_memory(self) -> None:
        image = Image.new("RGBA", (6_000, 4_000))
        with pytest.raises(InputError, match="too many pixels"):
            read_photo(encoded(image, "PNG"), PNG)


class TestPlaces:
    def test_who_finds_no_place_is_told_at_once(self) -> None:
        places = Places(2)
        with places.take(), places.take(), pytest.raises(BusyError):
            places.take().__enter__()
        with places.take():
            pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    open_engine(f"sqlite:///{tmp_path / 'mirror.sqlite'}").dispose()
    return Settings(home=tmp_path)


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with open_client(settings) as running:
        yield running


def put(
    client: httpx.Client, data: bytes, media_type: str = JPEG, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put("/v1/photos", content=data, headers={"content-type": media_type, **named})


class TestRoute:
    def test_answers_the_texts(self, client: httpx.Client) -> None:
        answer = put(client, encoded(picture(LINK)))
        assert (answer.status_code, answer.json()) == (200, {"texts": [LINK]})

    def test_nothing_found_is_an_empty_list(self, client: httpx.Client) -> None:
        assert put(client, encoded(picture())).json() == {"texts": []}

    def test_garbage_is_a_problem(self, client: httpx.Client) -> None:
        answer = put(client, b"\xff\xd8\xff garbage")
        assert (answer.status_code, answer.json()["code"]) == (400, "input")

    @pytest.mark.parametrize("media_type", ["image/gif", "image/svg+xml", "application/pdf", ""])
    def test_other_types_are_not_taken(self, client: httpx.Client, media_type: str) -> None:
        assert put(client, b"x", media_type).status_code == 415

    def test_too_large(self, client: httpx.Client) -> None:
        answer = put(client, bytes(MAX_PHOTO_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "limit-exceeded")

    @pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 200)])
    def test_only_our_own_pages_may_send(
        self, client: httpx.Client, site: str, status: int
    ) -> None:
        answer = put(client, encoded(picture(LINK)), sec_fetch_site=site)
        assert answer.status_code == status

    def test_a_full_house_says_when_to_come_again(
        self, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from tracer_api.routes import scanner  # noqa: PLC0415

        monkeypatch.setattr(scanner, "_reading", Places(0))
        answer = put(client, encoded(picture(LINK)))
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["retry-after"]) > 0

    def test_a_photo_leaves_no_file_and_no_line(
        self, client: httpx.Client, settings: Settings, capfd: pytest.CaptureFixture[str]
    ) -> None:
        before = set(settings.home.rglob("*"))
        put(client, encoded(picture(LINK)))
        assert set(settings.home.rglob("*")) == before
        out = capfd.readouterr()
        assert "7K3M9QXA2B4C" not in out.out + out.err


def test_the_server_process_never_decodes(tmp_path: Path) -> None:
    """It reads a photo and has not even loaded what could decode one."""
    script = """
import sys
from tracer_api.photos import read_photo
print(read_photo(open(sys.argv[1], "rb").read(), "image/jpeg"))
print(sorted(name for name in sys.modules if name.split(".")[0] in ("PIL", "zxingcpp")))
"""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(encoded(picture(LINK)))
    words = [sys.executable, "-c", script, str(photo)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str([LINK]), "[]"]
