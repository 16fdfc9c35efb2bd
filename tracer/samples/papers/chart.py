"""Two small charts: bars for shares, a line for a logger's readings."""

from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from tracer.samples.papers.style import (
    BODY_WIDTH,
    INK,
    LATIN_FONT,
    MUTED,
    RED,
    RULE,
    draw_mixed,
)

_ROW = 5.4 * mm
_NAMES = 0.34 * BODY_WIDTH
_CHART_HEIGHT = 118 * mm
_AXIS = 11 * mm
_FOOT = 9 * mm
_GRID_C = 5
_DAY = 10  # characters of the date in an ISO timestamp


class Bars(Flowable):
    """One bar per row, with its share."""

    def __init__(self, rows: Sequence[tuple[str, float]], colour: Color, unit: str) -> None:
        super().__init__()
        self._rows = rows
        self._colour = colour
        self._unit = unit
        self.width, self.height = BODY_WIDTH, len(rows) * _ROW

    def wrap(self, *_available: float) -> tuple[float, float]:
        """The size it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw names, bars and figures."""
        most = max(value for _, value in self._rows)
        total = sum(value for _, value in self._rows)
        room = BODY_WIDTH - _NAMES - 34 * mm
        for index, (name, value) in enumerate(self._rows):
            y = self.height - (index + 1) * _ROW + 1.5 * mm
            self.canv.setFillColor(INK)
            draw_mixed(self.canv, (0, y), name, 8)
            self.canv.setFillColor(self._colour)
            width = max(room * value / most, 0.6)
            self.canv.roundRect(_NAMES, y - 0.8 * mm, width, 3.6 * mm, 0.6 * mm, stroke=0, fill=1)
            self.canv.setFillColor(MUTED)
            figure = f"{value:,.0f} {self._unit}   {100 * value / total:.1f} %"
            draw_mixed(self.canv, (_NAMES + width + 2 * mm, y), figure, 7.5)


class LineChart(Flowable):
    """Temperature over time, with the limit and what lies above it."""

    def __init__(
        self,
        points: Sequence[tuple[str, float, float]],
        limit_c: float,
        colour: Color,
        humidity_colour: Color,
    ) -> None:
        super().__init__()
        self._points = points
        self._limit_c = limit_c
        self._colour = colour
        self._humidity_colour = humidity_colour
        self.width, self.height = BODY_WIDTH, _CHART_HEIGHT

    def wrap(self, *_available: float) -> tuple[float, float]:
        """The size it takes."""
        return self.width, self.height

    def _x(self, index: int) -> float:
        return _AXIS + (BODY_WIDTH - 2 * _AXIS) * index / (len(self._points) - 1)

    def _y(self, temperature_c: float) -> float:
        return _FOOT + (_CHART_HEIGHT - _FOOT - 6 * mm) * temperature_c / 40

    def draw(self) -> None:
        """Draw grid, limit and both lines."""
        self._draw_grid()
        self._draw_line(
            [0.4 * humidity for _, _, humidity in self._points], self._humidity_colour, 0.4
        )
        self._draw_line([temperature_c for _, temperature_c, _ in self._points], self._colour, 1)
        self._draw_excursions()
        canvas = self.canv
        canvas.setStrokeColor(RED)
        canvas.setDash(3, 2)
        canvas.setLineWidth(0.8)
        canvas.line(_AXIS, self._y(self._limit_c), BODY_WIDTH - _AXIS, self._y(self._limit_c))
        canvas.setDash()
        y = _CHART_HEIGHT - 3 * mm
        canvas.setFillColor(self._colour)
        end = draw_mixed(canvas, (_AXIS, y), "°C  温度", 7)
        canvas.setFillColor(self._humidity_colour)
        end = draw_mixed(canvas, (end + 6 * mm, y), "% RH  湿度", 7)
        canvas.setFillColor(RED)
        draw_mixed(canvas, (end + 6 * mm, y), f"limit  上限 {self._limit_c:g} °C", 7)

    def _draw_grid(self) -> None:
        canvas = self.canv
        canvas.setLineWidth(0.3)
        canvas.setStrokeColor(RULE)
        canvas.setFillColor(MUTED)
        canvas.setFont(LATIN_FONT, 6.5)
        for temperature_c in range(0, 41, _GRID_C):
            y = self._y(temperature_c)
            canvas.line(_AXIS, y, BODY_WIDTH - _AXIS, y)
            canvas.drawRightString(_AXIS - 2 * mm, y - 2, str(temperature_c))
            canvas.drawString(BODY_WIDTH - _AXIS + 2 * mm, y - 2, f"{temperature_c * 2.5:g} %")
        last = len(self._points) - 1
        for part in range(5):
            index = last * part // 4
            canvas.drawCentredString(self._x(index), 3 * mm, self._points[index][0][:_DAY])

    def _draw_line(self, values: Sequence[float], colour: Color, width: float) -> None:
        path = self.canv.beginPath()
        path.moveTo(self._x(0), self._y(values[0]))
        for index, value in enumerate(values[1:], start=1):
            path.lineTo(self._x(index), self._y(value))
        self.canv.setStrokeColor(colour)
        self.canv.setLineWidth(width)
        self.canv.drawPath(path)

    def _draw_excursions(self) -> None:
        self.canv.setFillColor(RED)
        for index, (_, temperature_c, _) in enumerate(self._points):
            if temperature_c > self._limit_c:
                self.canv.circle(self._x(index), self._y(temperature_c), 0.9, stroke=0, fill=1)
