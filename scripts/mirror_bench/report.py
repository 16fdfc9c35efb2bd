"""The benchmark's lines, and whether every target was met."""

import json


class Report:
    """Prints one JSON object a line.

    Args:
        judged: whether targets count; a run smaller than they are meant for prints none.
    """

    def __init__(self, *, judged: bool) -> None:
        self._judged = judged
        self.ok = True

    def fact(self, measure: str, value: float | str, unit: str, note: str = "") -> None:
        """A figure without a target."""
        self._print(measure, value, unit, None, ok=True, note=note)

    def at_most(self, target: float, measure: str, value: float, unit: str, note: str = "") -> None:
        """A figure that must not be larger than its target."""
        self._print(measure, value, unit, target, ok=value <= target, note=note)

    def at_least(
        self, target: float, measure: str, value: float, unit: str, note: str = ""
    ) -> None:
        """A figure that must not be smaller than its target."""
        self._print(measure, value, unit, target, ok=value >= target, note=note)

    def _print(
        self,
        measure: str,
        value: float | str,
        unit: str,
        target: float | None,
        *,
        ok: bool,
        note: str,
    ) -> None:
        if not self._judged:
            target, ok = None, True
        self.ok &= ok
        shown = value if isinstance(value, str) else float(f"{value:.4g}")
        row = {"measure": measure, "value": shown, "unit": unit, "target": target, "ok": ok}
        print(json.dumps(row | ({"note": note} if note else {})), flush=True)
