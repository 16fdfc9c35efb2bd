"""Every limit of the server, with its reason."""

from typing import Final

MAX_TARGET_CHARS: Final = 4_000
"""Longest path and query. A Digital Link has at most 2,000 characters; with every one of them
percent-encoded and the page's own parameters added it still fits. Longer input is an attack."""

MAX_ACCEPT_CHARS: Final = 1_000
"""Longest Accept or Accept-Language header that is read; browsers send less than 300."""

MAX_NODE_CHARS: Final = 200
"""Longest node address that a visitor may choose; it ends up in a header of the answer."""

MAX_VIEW_CHARS: Final = 20
"""Longest `view` that is looked at; ours have three letters."""

MAX_REPORT_BYTES: Final = 512
"""Longest report of a scan: a path of 100 characters, a time zone of 32 and a code of 16 fill less
than half of it, also where every character of the path is percent-encoded."""

MAX_BATCHES: Final = 500
"""Batches in one answer of the list; a page of them is some 150 kB."""

GZIP_MIN_BYTES: Final = 700
"""Smaller answers fit one packet as they are."""

GZIP_LEVEL: Final = 6
"""Level 9 costs twice the time for 1 % fewer bytes."""

ASSET_SECONDS: Final = 365 * 24 * 3600
"""How long a browser keeps files whose address carries their digest."""

STALE_SECONDS: Final = 600
"""A mirror whose newest block is older is called stale (on chains that mine all the time)."""

AHEAD_SECONDS: Final = 60
"""A newest block that is further ahead of this server's clock has no age that could be judged; it
is called stale, too. Proof-of-stake chains allow none from the future, clocks differ by seconds."""

RETRY_SECONDS: Final = 5
"""What `Retry-After` says when the database is away; a local restart takes less."""
