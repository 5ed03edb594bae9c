"""Every diagnostic code. `rules/CODE.md` explains each: what it means, why it matters, an example, the fix.

Ranges: 0xx syntax and files · 1xx names and types · 2xx NIC capability · 3xx solving and proving ·
4xx call paths · 5xx keys, lock files and captures · 6xx synthesis · 9xx internal. A code is never reused.
"""

from __future__ import annotations

from functools import cache

from rss_dsl.diagnostics import Rule, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# 0xx: syntax and files
SYNTAX = Rule("RSS001", "syntax", _E)
UNREADABLE_FILE = Rule("RSS002", "unreadable-file", _E)
IMPORT_NOT_FOUND = Rule("RSS003", "import-not-found", _E)
IMPORT_CYCLE = Rule("RSS004", "import-cycle", _E)
BAD_LITERAL = Rule("RSS005", "bad-literal", _E)
UNTERMINATED = Rule("RSS006", "unterminated", _E)
TOO_DEEP = Rule("RSS007", "too-deep", _E)
STRAY_CHARACTER = Rule("RSS008", "stray-character", _E)

# 1xx: names and types
UNKNOWN_PORT = Rule("RSS101", "unknown-port", _E)
UNKNOWN_FIELD = Rule("RSS102", "unknown-field", _E)
UNKNOWN_CLASS = Rule("RSS103", "unknown-class", _E)
UNKNOWN_NIC = Rule("RSS104", "unknown-nic", _E)
UNKNOWN_RELATION = Rule("RSS105", "unknown-relation", _E)
DUPLICATE_NAME = Rule("RSS106", "duplicate-name", _E)
DUPLICATE_ITEM = Rule("RSS107", "duplicate-item", _E)
DUPLICATE_DEVICE = Rule("RSS108", "duplicate-device", _E)
RECURSIVE_RELATION = Rule("RSS109", "recursive-relation", _E)
WRONG_ARGUMENTS = Rule("RSS110", "wrong-arguments", _E)
GROUP_INDEX = Rule("RSS111", "group-index", _E)
PACKET_COUNT = Rule("RSS112", "packet-count", _E)
KIND_MISMATCH = Rule("RSS113", "kind-mismatch", _E)
WIDTH_MISMATCH = Rule("RSS114", "width-mismatch", _E)
LITERAL_RANGE = Rule("RSS115", "literal-out-of-range", _E)
BAD_SLICE = Rule("RSS116", "slice-out-of-range", _E)
MISPLACED_LITERAL = Rule("RSS117", "misplaced-literal", _E)
CONSTANT_COMPARISON = Rule("RSS118", "constant-comparison", _E)
UNKNOWN_WORD = Rule("RSS119", "unknown-word", _E)
NUMBER_RANGE = Rule("RSS120", "number-out-of-range", _E)
MISSING_ITEM = Rule("RSS121", "missing-item", _E)
FIELD_NOT_IN_CLASS = Rule("RSS122", "field-not-in-class", _E)
TOO_COMPLEX = Rule("RSS123", "condition-too-complex", _E)
BAD_NAME = Rule("RSS124", "unusable-name", _E)
ALWAYS_FALSE = Rule("RSS125", "always-false", _W)
NEGATED_MISSING = Rule("RSS126", "negated-missing-field", _W)
UNHASHED_TUNNEL = Rule("RSS190", "unhashed-tunnel", _E)
UNHASHED_TRAFFIC = Rule("RSS191", "unhashed-traffic", _W)

# 2xx: NIC capability
QUEUE_COUNT = Rule("RSS201", "queue-count", _E)
TABLE_SIZE = Rule("RSS202", "table-size", _E)
KEY_LENGTH = Rule("RSS203", "key-length", _E)
CLASS_NOT_HASHABLE = Rule("RSS204", "class-not-hashable", _E)
FIELDS_NOT_HASHABLE = Rule("RSS205", "fields-not-hashable", _E)
HASHED_TOGETHER = Rule("RSS206", "classes-hashed-together", _E)
KEY_TOO_SHORT = Rule("RSS207", "key-too-short-for-input", _E)
ADAPTER_FIELDS = Rule("RSS208", "adapter-shares-field-sets", _E)
ADAPTER_NICS = Rule("RSS209", "adapter-with-two-nics", _E)
FRAGMENTS_NOT_HASHABLE = Rule("RSS210", "fragments-not-hashable", _E)
NOT_TOEPLITZ = Rule("RSS211", "hash-not-toeplitz", _E)
UNEVEN_TABLE = Rule("RSS212", "uneven-table", _W)
PUBLIC_KEY = Rule("RSS213", "public-key", _W)
KEY_NOT_SETTABLE = Rule("RSS214", "key-not-settable", _W)
EXTRA_CLASSES = Rule("RSS215", "classes-hashed-as-well", _N)
NARROWED_HASH = Rule("RSS216", "hash-narrowed-for-fragments", _N)
UNUSUAL_FIELDS = Rule("RSS217", "unusual-fields", _N)
UNKNOWN_FUNCTION = Rule("RSS240", "unknown-function", _E)
FUNCTION_NOT_OFFERED = Rule("RSS241", "function-not-offered", _E)
ONE_ENDED_FIELDS = Rule("RSS242", "one-ended-under-symmetric-function", _E)
KEY_UNUSED = Rule("RSS243", "key-without-part", _E)
ADAPTER_FUNCTION = Rule("RSS244", "adapter-shares-function", _E)

# 3xx: solving and proving
STARTS_DIFFER = Rule("RSS301", "start-values-differ", _E)
NO_KEY = Rule("RSS302", "no-key", _E)
SPLIT_UNHASHED = Rule("RSS303", "unhashed-class-splits", _E)
MAYBE_UNHASHED = Rule("RSS304", "unhashed-class-may-split", _W)
FEW_QUEUES = Rule("RSS305", "few-queues-reachable", _W)
TABLES_DISAGREE = Rule("RSS306", "tables-disagree", _E)
VACUOUS = Rule("RSS307", "vacuous-requirement", _W)
QUEUES_DIFFER = Rule("RSS308", "queue-counts-differ", _E)
NO_PORTS = Rule("RSS309", "no-ports", _E)
UNDECIDED_CONDITION = Rule("RSS310", "undecided-condition", _E)
ASSUMED_AWAY = Rule("RSS311", "assumed-away", _W)
INDEX_NOT_LINEAR = Rule("RSS315", "index-not-linear", _E)
WHOLE_HASHES = Rule("RSS316", "whole-hashes-agree", _N)
BY_FUNCTION = Rule("RSS317", "holds-by-function", _N)
NOTHING_TO_HASH = Rule("RSS320", "nothing-to-hash", _E)

# 4xx: call paths
NOT_A_CALL_PATH = Rule("RSS401", "not-a-call-path", _E)
CUT_CALL_PATH = Rule("RSS402", "call-path-cut-off", _E)
CALL_PATH_SYNTAX = Rule("RSS403", "call-path-syntax", _E)
CALL_PATH_WIDTH = Rule("RSS404", "call-path-widths", _E)
ARRAY_CLASH = Rule("RSS405", "call-path-arrays", _E)
CALL_PATH_LABEL = Rule("RSS406", "call-path-labels", _E)
CONDITIONS_DIFFER = Rule("RSS407", "path-conditions-differ", _E)
VALUES_DIFFER = Rule("RSS408", "call-path-values-differ", _W)
CALL_PATH_TOO_LARGE = Rule("RSS409", "call-path-too-large", _E)
LIBRARY_ENTRY = Rule("RSS410", "library-entry", _E)
UNKNOWN_CALL = Rule("RSS411", "unknown-call", _W)
UNEXPECTED_ARGUMENTS = Rule("RSS412", "unexpected-arguments", _W)
UNKNOWN_OBJECT = Rule("RSS413", "unknown-object", _W)
CONTRADICTORY_PATH = Rule("RSS414", "contradictory-path", _W)
OPEN_PORT = Rule("RSS415", "open-port", _W)
UNPLACED_CHUNK = Rule("RSS416", "unplaced-chunk", _W)
KEPT_CELL = Rule("RSS417", "cell-not-returned", _W)
UNDECIDED_PATH = Rule("RSS419", "undecided-path", _W)
SHARED_CELL = Rule("RSS420", "shared-cell", _E)
WHOLE_OBJECT = Rule("RSS421", "whole-object", _E)
UNOWNED_INDEX = Rule("RSS422", "unowned-index", _E)
UNHASHABLE_KEY = Rule("RSS423", "unhashable-key", _E)
REFRESHED_BEFORE_CHECK = Rule("RSS424", "refreshed-before-check", _E)
UNCHECKED_INDEX = Rule("RSS425", "unchecked-index", _E)
UNSATISFIABLE_STATE = Rule("RSS426", "state-without-key", _E)
STATE_OF_UNHASHED = Rule("RSS427", "unhashed-packets-reach-state", _W)
NO_PACKETS = Rule("RSS428", "no-packets", _E)
SHARED_STATE = Rule("RSS429", "shared-state", _W)
CALL_PATH_NAMES = Rule("RSS440", "call-paths-named-alike", _E)
SPEC_CHANGED = Rule("RSS441", "spec-newer-than-keys", _W)
DEVICE_WITHOUT_PORT = Rule("RSS445", "device-without-port", _E)
NO_TREE = Rule("RSS450", "no-decision-tree", _E)
NO_CODE = Rule("RSS451", "no-code-for-call-path", _E)

# 520-539: captures and traffic
NOT_A_CAPTURE = Rule("RSS520", "not-a-capture", _E)
TRUNCATED_CAPTURE = Rule("RSS521", "truncated-capture", _W)
DAMAGED_CAPTURE = Rule("RSS522", "damaged-capture", _W)
LINK_TYPE = Rule("RSS523", "link-type", _E)
INTERFACE_SKIPPED = Rule("RSS524", "interface-skipped", _W)
EMPTY_CAPTURE = Rule("RSS525", "empty-capture", _W)
BAD_ORIGIN = Rule("RSS526", "bad-origin", _E)
ORIGIN_CLASH = Rule("RSS527", "origin-clash", _E)
UNASSIGNED_PACKETS = Rule("RSS528", "unassigned-packets", _W)

# 5xx: keys, lock files and captures
KEY_FORMAT = Rule("RSS501", "bad-key-file", _E)
LOCK_VERSION = Rule("RSS502", "lock-file-version", _E)
KEY_MISSING = Rule("RSS503", "key-missing", _E)
KEY_UNKNOWN_PORT = Rule("RSS504", "key-for-unknown-port", _E)
BAD_TABLE = Rule("RSS505", "bad-table", _E)
FIELDS_DIFFER = Rule("RSS506", "hash-input-differs", _E)
NOT_TOEPLITZ_NOW = Rule("RSS507", "hash-function-off", _E)
LOCK_DRIFT = Rule("RSS508", "lock-file-differs", _E)
BAD_PACKET = Rule("RSS509", "bad-packet", _E)
UNWRITABLE = Rule("RSS510", "unwritable-file", _E)

# 600-619: configuration targets
FIXED_KEY = Rule("RSS601", "fixed-key", _E)
FIXED_TABLE = Rule("RSS602", "fixed-table", _E)
NEEDS_RTE_FLOW = Rule("RSS603", "needs-rte-flow", _E)
NO_FLOW_TYPE = Rule("RSS604", "no-ethtool-flow-type", _E)
NO_TESTPMD_TYPE = Rule("RSS605", "no-testpmd-type", _E)
UNUSABLE_PORT_NAME = Rule("RSS606", "unusable-port-name", _E)
NO_DRIVER = Rule("RSS607", "no-driver-for-target", _E)
TABLE_TOO_LARGE = Rule("RSS608", "table-too-large-for-target", _E)

# 620-639: generated network functions
UNKNOWN_NF = Rule("RSS620", "unknown-nf", _E)
UNKNOWN_NF_PARAMETER = Rule("RSS621", "unknown-nf-parameter", _E)
MISSING_NF_PARAMETER = Rule("RSS623", "missing-nf-parameter", _E)
NF_VALUE = Rule("RSS624", "nf-value", _E)
NF_RANGE = Rule("RSS625", "nf-value-out-of-range", _E)
NF_PORT = Rule("RSS626", "nf-port", _E)
NF_STRATEGY = Rule("RSS627", "nf-cannot-be-shared-nothing", _E)
NF_QUEUES = Rule("RSS628", "nf-queues-differ", _E)
NF_HASH_INPUT = Rule("RSS629", "nf-hash-not-reproducible", _E)
NF_NAME = Rule("RSS630", "nf-unusable-name", _E)
NF_MISSING = Rule("RSS631", "nf-block-missing", _E)
NF_KEYS_DO_NOT_SERVE = Rule("RSS632", "nf-keys-do-not-serve", _W)
NF_NO_CLASS = Rule("RSS633", "nf-without-state", _W)
NF_NO_KEYS = Rule("RSS634", "nf-without-keys", _W)

# 640-649: templates
NF_TEMPLATE = Rule("RSS640", "bad-nf-template", _E)
TARGET_TEMPLATE = Rule("RSS641", "bad-target-template", _E)
UNKNOWN_TARGET = Rule("RSS642", "unknown-target", _E)

# 650-659: rte_flow rules
NO_RULES = Rule("RSS650", "rules-not-known", _E)
FUNCTION_BY_RULE = Rule("RSS651", "function-not-by-rule", _E)
FUNCTION_NEEDS_RULE = Rule("RSS652", "function-needs-rte-flow", _E)

# 660-669: steering in software
XDP_HASH_INPUT = Rule("RSS660", "xdp-hash-not-reproducible", _E)

# 9xx: internal
INTERNAL = Rule("RSS901", "internal-error", _E)


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by code."""
    found = [value for value in globals().values() if isinstance(value, Rule)]
    return {rule.code: rule for rule in sorted(found, key=lambda r: r.code)}
