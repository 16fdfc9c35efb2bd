"""How much the gate reads, inflates, computes and keeps: every bound, with its reason."""

MIB = 2**20

# --- before any parser ----------------------------------------------------------------------

MAX_FILE_BYTES = 20 * MIB  # a scanned certificate of thirty pages has 10 MiB
MAX_DATA_BYTES = 4 * MIB  # JSON and XML: a declaration's data is some KiB, and objects cost tenfold
MAX_INFLATED_BYTES = 64 * MIB  # all streams of a file together; three times its largest size
MAX_REREAD = 2  # times a file's size that inflating may read: each byte lies in one stream
MAX_PIXELS = 40_000_000  # A4 at 600 dpi has 35 million
MAX_IMAGE_BYTES = 80 * MIB  # decoded: 20 million pixels in colour at four bytes each
MAX_SIDE = 30_000  # pixels; a strip 1 pixel high is no paper
MAX_CHUNKS = 20_000  # PNG chunks or JPEG segments
MAX_PREDICTOR_COLUMNS = 65_536  # samples in a row that a predictor keeps in memory

# --- what a parser may meet -----------------------------------------------------------------

MAX_PAGES = 200
MAX_OBJECTS = 20_000
MAX_DEPTH = 40  # of arrays and dictionaries in each other; the deepest honest file has about ten
MAX_DRAWINGS = 10_000  # drawings that a page shows through each other, counted as often as shown
MAX_FILTERS = 2  # in a chain: a printable coding around a compression
MAX_ITEMS = 400_000  # entries over all objects, so that the walk ends in a second
MAX_TEXT_PAGES = 20  # pages whose text is read; forms are short
MAX_CONTENT_BYTES = 8 * MIB  # page content that is read for text, all pages together
MAX_TEXT_STEPS = 30_000  # pieces of text that they show; half a second of work, ten pages of type
MAX_PAGE_CHARS = 20_000
MAX_TEXT_CHARS = 200_000

# --- what the child may use -----------------------------------------------------------------

CHILD_ADDRESS_BYTES = 768 * MIB
CHILD_DATA_BYTES = 144 * MIB  # beyond what the child starts with; keeps server and child < 256 MiB
CHILD_CPU_S = 1.2  # ends the child by a timer; ordinary papers take 0.03
CHILD_CPU_HARD_S = 5  # and by the kernel, should code in the child have stopped the timer
CHILD_WALL_S = 30.0  # a machine under load may run a second of work in ten
CHILD_FILES = 32
MAX_RESULT_BYTES = 16 * MIB  # text and the copy of an image
MAX_PARALLEL = 2  # children at once; more would only share the processors and add memory

# --- copies for viewing ---------------------------------------------------------------------

VIEW_PIXELS = 9_000_000  # A4 at 300 dpi has 8.7 million

# --- photos of codes ------------------------------------------------------------------------

MAX_PHOTO_BYTES = 8 * MIB  # a phone's photo of 12 million pixels has 3 to 6 MB
MAX_PHOTO_PIXELS = 50_000_000  # the largest sensors that phones keep every pixel of
PHOTO_SMALL_SIDE = 1_600  # pixels; a code over a third of the picture has ten to a module
PHOTO_WHOLE_PIXELS = 13_000_000  # reading more takes longer than a child may compute
MAX_CODES = 8  # a shelf of tins may stand in one picture
MAX_CODE_CHARS = 2_000  # the longest Digital Link; a QR code holds up to 7,089 digits
