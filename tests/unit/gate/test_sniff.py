import io
import string
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tracer.gate.reasons import REASONS, Reason, RefusedError
from tracer.gate.sniff import JPEG, JSON, PDF, PNG, XML, check_declared, check_polyglot, sniff_type


def refusal(function: Callable[..., object], *words: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        function(*words)
    return caught.value.reason.code


class TestSniffType:
    @pytest.mark.parametrize(
        ("head", "media_type"),
        [
            (b"%PDF-1.7\n", PDF),
            (b"\xff\xd8\xff\xe0", JPEG),
            (b"\x89PNG\r\n\x1a\n", PNG),
            (b'{"a":1}', JSON),
            (b"[1]", JSON),
            (b"<?xml version='1.0'?>", XML),
        ],
    )
    def test_the_first_bytes_say_it(self, head: bytes, media_type: str) -> None:
        assert sniff_type(head) == media_type

    @pytest.mark.parametrize(
        "head",
        [
            b" %PDF-1.7",
            b"\n{}",
            b"\xef\xbb\xbf{}",
            b"<html>",
            b"GIF89a",
            b"PK\x03\x04",
            b"MZ",
            b"\0",
        ],
    )
    def test_anything_else_is_unknown(self, head: bytes) -> None:
        assert refusal(sniff_type, head) == "unknown-type"

    def test_nothing_is_empty(self) -> None:
        assert refusal(sniff_type, b"") == "empty"


class TestCheckDeclared:
    @pytest.mark.parametrize(
        ("declared", "found"),
        [
            (None, PDF),
            ("application/pdf", PDF),
            ("Application/PDF; charset=binary", PDF),
            ("text/xml", XML),
            ("image/jpg", JPEG),
        ],
    )
    def test_the_same_type_passes(self, declared: str | None, found: str) -> None:
        check_declared(declared, found)

    @pytest.mark.parametrize("declared", ["", "image/png", "application/octet-stream", "a\x1b[31m"])
    def test_another_type_is_refused_in_printable_words(self, declared: str) -> None:
        with pytest.raises(RefusedError) as caught:
            check_declared(declared, PDF)
        assert caught.value.reason.code == "type-disagrees"
        assert caught.value.reason.text.isprintable()


class TestCheckPolyglot:
    def test_a_zip_at_the_end_is_seen_whatever_its_comment(self) -> None:
        for comment in (b"", b"x" * 65_535):
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("a.txt", "hidden")
                file.comment = comment
            data = b"%PDF-1.7\n" + archive.getvalue()
            tail = data[-(22 + 65_535) :]
            assert refusal(check_polyglot, data[:1024], tail, len(data), PDF) == "polyglot"

    @pytest.mark.parametrize(
        "markup", [b"<script>", b"<HTML>", b"<!DOCTYPE html>", b"<svg onload=x>", b"<body\n>"]
    )
    def test_markup_near_the_beginning_is_seen(self, markup: bytes) -> None:
        head = b"%PDF-1.7\n%" + b" " * 500 + markup
        assert refusal(check_polyglot, head, head, len(head), PDF) == "polyglot"

    def test_a_pdf_within_an_image_is_seen(self) -> None:
        head = b"\xff\xd8\xff\xfe\0\x10%PDF-1.7\n"
        assert refusal(check_polyglot, head, head, len(head), JPEG) == "polyglot"

    def test_four_bytes_alone_are_no_zip(self) -> None:
        data = b"%PDF-1.7\nPK\x05\x06" + b"\xff" * 40
        check_polyglot(data, data, len(data), PDF)


def test_every_reason_has_both_languages_with_the_same_parameters() -> None:
    for code, texts in REASONS.items():
        names = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts
        ]
        assert names[0] == names[1], code
        params = dict.fromkeys(names[0], "x")
        assert Reason(code, params).text
        assert Reason(code, params).text_zh


def test_a_reason_can_be_shown_whatever_it_is_about() -> None:
    reason = Reason("filter", {"name": "/\x00\x1b[31m\u202e" + "x" * 1_000})
    assert reason.text.isprintable()
    assert reason.text_zh.isprintable()
    assert len(str(reason)) < 400
