"""Three invented batches, with their papers and logger files, for the demonstration and the tests.

Every company, person, certificate and result in them is invented; ports, distances, standards and
emission factors are real. GS1 prefix 952 is reserved for examples.
"""

from importlib.resources import files
from pathlib import Path

SAMPLE_NAMES = ("nz", "nl", "ie")
"""New Zealand, clean; Netherlands, held and released; Ireland, recalled and destroyed."""


def sample_path(name: str) -> Path:
    """The batch file of a sample.

    Args:
        name: one of SAMPLE_NAMES.
    """
    if name not in SAMPLE_NAMES:
        raise ValueError(f"no sample {name!r}; there are {', '.join(SAMPLE_NAMES)}")
    return Path(str(files(__name__))) / f"{name}.json"
