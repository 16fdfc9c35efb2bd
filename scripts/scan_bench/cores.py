"""One core for the server, another for who asks it, where the system can be told so."""

import os


def stay_on(core: int) -> None:
    """Run this process, and those that it starts, on one core.

    Args:
        core: 0 is the first that this process may use; beyond the last, or where the system
            has no such call, nothing happens.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1 and core < len(cores):
            os.sched_setaffinity(0, {cores[core]})
