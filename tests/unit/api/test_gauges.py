import pytest
from tracer_api.view.gauges import band_gauge, limit_gauge, share_gauge


class TestLimitGauge:
    @pytest.mark.parametrize(
        ("value", "minimum", "maximum", "expected"),
        [
            ("0.43", "0.43", "0.72", (20, 80, 20)),
            ("0.72", "0.43", "0.72", (20, 80, 80)),
            ("0.575", "0.43", "0.72", (20, 80, 50)),
            ("99", "0.43", "0.72", (20, 80, 98)),
            ("0", "0.43", "0.72", (20, 80, 0)),
            ("0.04", "", "0.08", (0, 80, 40)),
            ("<0.0096", "", "0.08", (0, 80, 10)),
            ("70", "60", "", (20, 100, 27)),
            ("60", "60", "", (20, 100, 20)),
        ],
    )
    def test_places_the_value(
        self, value: str, minimum: str, maximum: str, expected: tuple[int, int, int]
    ) -> None:
        gauge = limit_gauge(value, minimum, maximum, inside=True)
        assert gauge is not None
        assert (gauge.low, gauge.high, gauge.at) == expected

    @pytest.mark.parametrize(
        ("value", "minimum", "maximum"),
        [("", "1", "2"), ("many", "1", "2"), ("NaN", "1", "2"), ("1", "", ""), ("1", "0", "")],
    )
    def test_draws_nothing_without_a_value_and_a_limit(
        self, value: str, minimum: str, maximum: str
    ) -> None:
        assert limit_gauge(value, minimum, maximum, inside=True) is None

    def test_a_limit_of_zero_is_no_division(self) -> None:
        gauge = limit_gauge("0", "", "0", inside=True)
        assert gauge is not None
        assert gauge.at == 98


class TestKind:
    """The style sheet draws the allowed part by the gauge's kind."""

    @pytest.mark.parametrize(
        ("minimum", "maximum", "kind"), [("1", "3", "mid"), ("", "3", ""), ("1", "", "min")]
    )
    def test_follows_the_limits(self, minimum: str, maximum: str, kind: str) -> None:
        gauge = limit_gauge("2", minimum, maximum, inside=True)
        assert gauge is not None
        assert (gauge.kind, gauge.is_band) == (kind, False)

    def test_a_band_brings_its_own_ends(self) -> None:
        assert band_gauge(2, 1, 3).is_band


class TestShareGauge:
    def test_is_inside_up_to_the_limit(self) -> None:
        assert share_gauge(48, 48).inside
        assert not share_gauge(48.1, 48).inside
        assert share_gauge(24, 48).at == 40
        assert share_gauge(10_000, 48).at == 98


class TestBandGauge:
    def test_shows_a_value_outside_the_literature_without_calling_it_wrong(self) -> None:
        gauge = band_gauge(20, 5, 12)
        assert gauge.inside
        assert gauge.at > gauge.high > gauge.low > 0
