"""Where a scan comes from, as coarse as it can be and still useful: a province or a country.

The operator's edge (a proxy or a content network) may know the province and set it in a header;
the address that it concluded this from never reaches us. Without such a header the time zone that
the browser names tells the country, and a browser that names none stays "". Where both are known
and name different countries, somebody's traffic takes a detour, and the region stays "", too: a
phone behind a tunnel must not look like a tin abroad.

The countries of time zones are IANA's own tables, as the package `tzdata` carries them: `zone.tab`
(one country for each zone), `zone1970.tab` (the first country of its list), and the older names of
zones in `tzdata.zi`, which browsers still give.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

MAX_ZONE_CHARS: Final = 64  # the longest of IANA's has 32
_REGION: Final = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", re.ASCII)
"""ISO 3166-1 alpha-2, or ISO 3166-2."""


@dataclass(frozen=True, slots=True)
class Regions:
    """How the region of a scan is found.

    Attributes:
        header: name of the header that the operator's edge sets, or None.
        country_of_zone: IANA time zone -> ISO 3166-1 alpha-2.
    """

    header: str | None
    country_of_zone: Mapping[str, str]

    def find(self, headers: Mapping[str, str], zone: str) -> str:
        """The region of a request; "" when it is not known.

        Args:
            headers: of the request; names in any case.
            zone: what the browser names, or "".
        """
        country = self.country_of_zone.get(zone[:MAX_ZONE_CHARS], "")
        given = headers.get(self.header, "").strip().upper() if self.header else ""
        if not _REGION.fullmatch(given):
            return country
        return given if country in {"", given.partition("-")[0]} else ""


def load_regions(header: str | None) -> Regions:
    """Read the tables of time zones."""
    folder = files("tzdata") / "zoneinfo"
    countries: dict[str, str] = {}
    for name in ("zone1970.tab", "zone.tab"):  # the second knows better and comes last
        for fields in _rows((folder / name).read_text(encoding="utf-8"), "\t"):
            countries[fields[2]] = fields[0].partition(",")[0]
    for fields in _rows((folder / "tzdata.zi").read_text(encoding="utf-8"), " "):
        if fields[0] == "L" and fields[1] in countries:
            countries.setdefault(fields[2], countries[fields[1]])
    return Regions(header, countries)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """The fields of lines that are neither comments nor empty."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split(separator)
