import pytest
from tracer_api.limits import MAX_ACCEPT_CHARS
from tracer_api.negotiation import choose_language, wants_json


class TestChooseLanguage:
    @pytest.mark.parametrize(
        ("asked", "header", "expected"),
        [
            ("zh", "en", "zh"),
            ("zh-CN", "en", "zh"),
            ("EN", "zh-CN", "en"),
            ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            (None, "fr-FR,fr;q=0.9,en;q=0.5,zh;q=0.7", "zh"),
            (None, "zh;q=0,en;q=0.1", "en"),
            (None, "de", "en"),
            (None, "", "en"),
            (None, "zh;q=nonsense", "en"),
        ],
    )
    def test_prefers_what_was_asked_then_the_header(
        self, asked: str | None, header: str, expected: str
    ) -> None:
        assert choose_language(asked, header) == expected

    def test_does_not_read_endless_headers(self) -> None:
        assert choose_language(None, "x," * MAX_ACCEPT_CHARS + "zh") == "en"


class TestWantsJson:
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            ("", False),
            ("*/*", False),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
            ("application/json", True),
            ("application/json, text/plain, */*", True),
            ("application/json;q=0.4, text/html", False),
            ("image/png", False),
        ],
    )
    def test_json_only_when_it_comes_first(self, accept: str, expected: bool) -> None:
        assert wants_json(accept) is expected
