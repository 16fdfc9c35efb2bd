"""How long to wait before a failed request is made again.

The wait is drawn by chance below a limit that doubles with every failure ("full jitter"), so that
many clients of one node that failed together do not come back together.
"""

import random
from typing import Final

BASE_S: Final = 0.25
MAX_PAUSE_S: Final = 30.0  # at a recall, half a minute of silence is the most that is bearable


class Backoff:
    """Counts failures in a row and says how long to wait. Not to be shared between threads.

    Args:
        die: source of chance; seeded, the same failures give the same waits.
        base_s: limit of the first wait.
        cap_s: no wait is longer, whatever was asked for.
    """

    def __init__(
        self, die: random.Random, *, base_s: float = BASE_S, cap_s: float = MAX_PAUSE_S
    ) -> None:
        self._die = die
        self._base_s = min(base_s, cap_s)
        self._cap_s = cap_s
        self._limit_s = self._base_s

    def next_pause_s(self, retry_after_s: float | None = None) -> float:
        """Count a failure; the seconds to wait before the next attempt.

        Args:
            retry_after_s: what the other side asked for, if it did; the wait is not shorter.
        """
        least_s = min(retry_after_s or 0.0, self._cap_s)
        pause_s = least_s + self._die.uniform(0.0, min(self._limit_s, self._cap_s - least_s))
        self._limit_s = min(self._limit_s * 2, self._cap_s)
        return pause_s

    def reset(self) -> None:
        """An attempt succeeded: the next failure is the first again."""
        self._limit_s = self._base_s
