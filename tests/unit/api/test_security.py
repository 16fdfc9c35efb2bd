import pytest
from tracer_api.security import origin_of, page_policy


class TestOriginOf:
    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("https://node.example.org/v1/key?x=1", "https://node.example.org"),
            ("http://[::1]:8545/", "http://[::1]:8545"),
            ("https://user:secret@node.example.org", "https://node.example.org"),
            ("ftp://node.example.org", ""),
            ("javascript:alert(1)", ""),
            ("https://", ""),
            ("https://a b", ""),
            ("https://node.example.org; script-src *", ""),
            ("https://node.example.org:99999", ""),
            ("https://x*.example.org", ""),
            ("https://" + "a" * 300, ""),
            ("", ""),
        ],
    )
    def test_gives_an_origin_or_nothing(self, url: str, origin: str) -> None:
        assert origin_of(url) == origin


class TestPagePolicy:
    def test_allows_one_node_and_no_inline_script(self) -> None:
        policy = page_policy("sha256-abc", "https://node.example.org/path")
        assert "connect-src 'self' https://node.example.org;" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "*" not in policy

    def test_allows_one_printed_script_by_its_hash(self) -> None:
        policy = page_policy("sha256-abc", "", "sha256-def")
        assert "script-src 'self' 'sha256-def';" in policy
        assert "unsafe" not in policy

    def test_without_a_node_only_this_server_may_be_asked(self) -> None:
        assert "connect-src 'self';" in page_policy("sha256-abc", "nonsense")
