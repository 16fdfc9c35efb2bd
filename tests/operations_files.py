"""What the tests of batch files share."""

from collections.abc import Callable

from tracer.operations.plan import BatchPlan

NOW_UNIX = 1_795_000_000  # 2026-11-18
Load = Callable[..., BatchPlan]
"""Writes content (bytes, text or JSON) into a file and reads it as a batch file."""
