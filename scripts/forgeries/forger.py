"""A forger's hands: every change goes through here, so that a case can say all that was touched."""

import copy
import json
import random
from typing import Any

from forgeries import printed
from forgeries.samples import free_key
from forgeries.story import Json, Story


class Forger:
    """Changes a story and keeps account of it.

    Attributes:
        story: the batch, a copy of the genuine one.
        rng: the case's generator.
        touched: paths of everything changed, as `story.differences` names them.
        names: what a reason must name one of.
    """

    def __init__(self, story: Story, rng: random.Random) -> None:
        self.story = story
        self.rng = rng
        self.touched: set[str] = set()
        self.names: list[str] = []

    # --- papers -------------------------------------------------------------------------------

    def say(self, key: str, **fields: Json) -> None:
        """Other public fields on a paper; the paper lies from now on."""
        self._put(self.story.papers[key]["public"], f"papers/{key}/public", fields)
        self.names.append(key)

    def head(self, key: str, **fields: Json) -> None:
        """Another number, issuer, writer, issuedAt or kind of a paper."""
        self._put(self.story.papers[key], f"papers/{key}", fields)
        self.names.append(key)

    def say_deep(self, key: str, value: Json, *path: str | int) -> None:
        """Another value deep in a public field."""
        place: Any = self.story.papers[key]["public"]
        for step in path[:-1]:
            place = place[step]
        self._set(place, path[-1], value, "/".join(map(str, (f"papers/{key}/public", *path))))
        self.names.append(key)

    def drop_paper(self, key: str) -> dict[str, Json]:
        """A paper that is not there."""
        self.touched.add(f"papers/{key}")
        gone: dict[str, Json] = self.story.papers.pop(key)
        return gone

    def add_paper(self, paper: dict[str, Json]) -> str:
        """One more paper, which lies."""
        key = free_key(self.story.papers, paper["docType"])
        self.story.papers[key] = paper
        self.touched.add(f"papers/{key}")
        self.names.append(key)
        return key

    def copy_paper(self, key: str, **head: Json) -> dict[str, Json]:
        """A paper like another."""
        return {**copy.deepcopy(self.story.papers[key]), **head}

    def cited(self, field: str, old: str, new: str) -> None:
        """Another number where the declarations cite one; they lie from now on."""
        for key in self.story.of_type("CUSTOMS_DECLARATION"):
            if self.story.public(key).get(field) == old:
                self.say(key, **{field: new})

    def stands_for(self, key: str) -> bool:
        """Whether the paper replaced another one, so that its moment is fixed by that record."""
        return f"{{commitment:{key}}}" in json.dumps(self.story.marks)

    # --- events, marks, parties, other batches, the mirror --------------------------------------

    def tell(self, key: str, value: Json, *path: str | int) -> None:
        """Another value in an event's body."""
        place: Any = self.story.events[key]["body"]
        for step in path[:-1]:
            place = place[step]
        self._set(place, path[-1], value, "/".join(map(str, (f"events/{key}/body", *path))))
        self.names.append(key)

    def signed_by(self, key: str, writer: str) -> None:
        """Another writer of an event."""
        self._put(self.story.events[key], f"events/{key}", {"writer": writer})
        self.names.append(key)

    def drop_event(self, key: str) -> None:
        """An event that is not recorded."""
        self.touched.add(f"events/{key}")
        del self.story.events[key]

    def add_mark(self, name: str, mark: dict[str, Json]) -> str:
        """One more record."""
        key = free_key(self.story.marks, name)
        self.story.marks[key] = mark
        self.touched.add(f"marks/{key}")
        self.names.append(key)
        return key

    def mark(self, key: str, **fields: Json) -> None:
        """Another writer or moment of a confirmation."""
        self._put(self.story.marks[key], f"marks/{key}", fields)
        self.names.append(key)

    def drop_mark(self, key: str) -> None:
        """A record that is not there."""
        self.touched.add(f"marks/{key}")
        del self.story.marks[key]

    def party(self, gln: str, **facts: Json) -> None:
        """Other facts of a party."""
        self._put(self.story.parties[gln], f"parties/{gln}", facts)

    def give_role(self, gln: str, role: str) -> None:
        """One more role of a party."""
        roles = self.story.parties[gln]["roles"]
        self.touched.add(f"parties/{gln}/roles/{len(roles)}")
        self.story.parties[gln]["roles"] = [*roles, role]

    def add_party(self, gln: str, facts: dict[str, Json]) -> str:
        """One more party on the ledger."""
        self.story.parties[gln] = {"gln": gln, **facts}
        self.touched.add(f"parties/{gln}")
        return gln

    def add_other(self, other: Story) -> int:
        """Another batch on the same ledger."""
        self.touched.add(f"others/{len(self.story.others)}")
        self.story.others.append(other)
        return len(self.story.others) - 1

    def serve(self, **lie: Json) -> None:
        """What the mirror is made to do."""
        self.touched.add(f"mirror/{len(self.story.mirror)}")
        self.story.mirror.append(lie)

    def serials(self, **fields: Json) -> None:
        """Other serials."""
        self._put(self.story.serials, "serials", fields)

    # --- short cuts -----------------------------------------------------------------------------

    @property
    def owner(self) -> str:
        """The batch's maker."""
        return self.story.batch["owner"]

    @property
    def broker(self) -> str:
        """The customs broker."""
        return self.story.with_role("BROKER")

    @property
    def authority(self) -> str:
        """The issuer of the health certificate."""
        issuer: str = self.story.papers["HEALTH_CERTIFICATE"]["issuer"]
        return issuer

    def declared(self) -> str:
        """One of the declarations."""
        return self.rng.choice(self.story.of_type("CUSTOMS_DECLARATION"))

    def number_like(self, key: str) -> str:
        """A number such as the paper's issuer gives."""
        number = self.story.papers[key]["number"]
        return printed.alike(self.rng, number, keep=len(number) - 5)

    def _put(self, place: dict[str, Json], path: str, fields: dict[str, Json]) -> None:
        for name, value in fields.items():
            self._set(place, name, value, f"{path}/{name}")

    def _set(self, place: Any, name: str | int, value: Json, path: str) -> None:  # noqa: ANN401
        before = place[name] if not isinstance(place, dict) or name in place else None
        if before == value and type(before) is type(value):
            msg = f"{path} is {value!r} already: nothing would be forged"
            raise ValueError(msg)
        place[name] = value
        self.touched.add(path)
