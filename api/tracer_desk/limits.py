"""Every limit of the desk, with its reason. What a file may hold is `tracer.gate.limits`' part."""

from typing import Final

# --- what comes in ----------------------------------------------------------------------------

MAX_FILE_BYTES: Final = 20 * 2**20
"""One paper: a scanned form of 40 pages. The gate and the command line have the same limit."""

MAX_JSON_BYTES: Final = 4 * 2**20
"""A JSON body. The largest is a statement: a view of a million characters, escaped in JSON."""

MAX_SMALL_JSON_BYTES: Final = 4_096
"""A sign-in, which anybody may send; ours have about 700 bytes."""

MAX_TARGET_CHARS: Final = 2_000
"""Path and query. The longest that the desk gives out has about 200."""

MAX_HEAD_BYTES: Final = 32 * 2**10
"""All header lines of a request; browsers send less than 4 KiB."""

MAX_FILENAME_CHARS: Final = 255
"""What file systems take; the rest of a longer name is dropped."""

MAX_AUTHORIZATION_CHARS: Final = 1_000
"""A machine's signed request has about 500."""

MAX_FIELDS: Final = 256
"""Fields in one check; as many as a document may have."""

# --- how long it may take -----------------------------------------------------------------------

HEAD_S: Final = 10.0
"""For all header lines, from the first byte of a connection or of the next request on it."""

BODY_S: Final = 60.0
"""For a whole body: 20 MiB at a slow office line of 3 Mbit/s."""

FLOOR_BYTES_PER_S: Final = 10_000
"""Slower senders are cut off; a modem had half of it."""

GRACE_S: Final = 5.0
"""A body may pause so long before the floor counts: a phone changes its cell in two seconds."""

STALLED_WRITE_S: Final = 30.0
"""A reader that takes nothing for so long is cut off."""

KEEP_ALIVE_S: Final = 5
"""An idle connection; a browser opens another one in milliseconds."""

# --- how much at once ---------------------------------------------------------------------------

MAX_CONNECTIONS: Final = 512
"""Connections of one process; beyond them requests get 503."""

MAX_UPLOADS: Final = 64
"""Files on their way in at once, over all organisations: 1.3 GiB of temporary files at most."""

MAX_ORG_UPLOADS: Final = 8
"""Of one organisation, so that nobody takes all places."""

MAX_GATE_WAITING: Final = 32
"""Files that wait for the gate; at 20 a second the last one waits less than two seconds."""

GATE_THREADS: Final = 2
"""Files looked at at once; as many as the gate starts children."""

RETRY_S: Final = 5
"""What `Retry-After` says when the desk is full."""

MAX_LISTED: Final = 200
"""Papers in one list; each batch among them is compared anew, which takes a tenth of a second."""

# --- how much in a day --------------------------------------------------------------------------

DAY_FILES: Final = 200
DAY_BYTES: Final = 2 * 2**30
"""Of one organisation: a busy broker has twenty batches of ten papers."""

# --- who asks -----------------------------------------------------------------------------------

REQUEST_S: Final = 120
"""How far ahead a machine's signed request may expire."""

SKEW_S: Final = 60
"""How much two clocks may differ."""

SIGN_IN_S: Final = 300
"""How long a sign-in may take; a hardware wallet with a PIN takes one minute."""

SESSION_S: Final = 900
"""How long a browser stays signed in."""

STATEMENT_AGE_S: Final = 7 * 86_400
"""How old a statement may be when it arrives; a broker may sign on Friday and send on Monday."""

MAX_GRANTS: Final = 64
"""Grants of one document that hold at once; a clearance has one or two."""

MAX_GRANT_S: Final = 400 * 86_400
"""How far ahead a grant may end: an audit comes within a year."""

MAX_READING_BYTES: Final = 128 * 2**10
"""What was read of a paper, as JSON; beyond it the broker types the rest."""
