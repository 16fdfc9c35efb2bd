"""What the fast path takes upon itself, and what it leaves to the application inside."""

import pytest
from tracer_api.shelf.wishes import INSIDE, read_wish

CHROME = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("query", "accept", "languages", "form"),
    [
        (b"", CHROME, b"zh-CN,zh;q=0.9", ".html.zh"),
        (b"", CHROME, b"de", ".html.en"),
        (b"lang=en", CHROME, b"zh-CN", ".html.en"),
        (b"lang=zh", CHROME, b"en", ".html.zh"),
        (b"", b"", b"", ".html.en"),
        (b"", b"*/*", b"", ".html.en"),
        (b"", b"application/json", b"", ".json"),
        (b"lang=zh", b"application/json, */*;q=0.1", b"", ".json"),
        (b"lang=zh&view=all", CHROME, b"en", ".whole.zh"),
        (b"view=all", CHROME, b"zh-CN", ".whole.zh"),
        (b"view=all", b"application/json", b"", ".whole.json"),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else value,
)
def test_a_page_or_a_passport(query: bytes, accept: bytes, languages: bytes, form: str) -> None:
    assert read_wish(query, accept, languages, b"gzip, deflate") == form


def test_a_browser_gets_pages_in_brotli_and_a_program_its_passport_in_gzip() -> None:
    codings = b"gzip, deflate, br, zstd"
    assert read_wish(b"", CHROME, b"en", codings) == ".html.en.br"
    assert read_wish(b"", b"application/json", b"en", codings) == ".json"
    assert read_wish(b"", CHROME, b"en", b"gzip, br;q=0") == ".html.en"


@pytest.mark.parametrize(
    ("query", "accept", "codings"),
    [
        (b"node=https://x", CHROME, b"gzip"),
        (b"lang=fr", CHROME, b"gzip"),
        (b"lang=en&lang=zh", CHROME, b"gzip"),
        (b"linkType=all", CHROME, b"gzip"),
        (b"lang=en&", CHROME, b"gzip"),
        (b"lang=enview=all", CHROME, b"gzip"),
        (b"", b"application/linkset+json", b"gzip"),
        (b"", b"application/ld+json", b"gzip"),
        (b"", b"text/html, application/linkset+json", b"gzip"),
        (b"", CHROME, b""),
        (b"", CHROME, b"br"),
        (b"", CHROME, b"gzip;q=0"),
        (b"", b"text/html," * 200, b"gzip"),
    ],
    ids=[
        "node",
        "language",
        "twice",
        "links",
        "and-nothing",
        "run-together",
        "linkset",
        "json-ld",
        "linkset-too",
        "plain",
        "br",
        "refused",
        "long",
    ],
)
def test_whatever_is_unusual_is_answered_inside(
    query: bytes, accept: bytes, codings: bytes
) -> None:
    assert read_wish(query, accept, b"en", codings) == INSIDE
