"""What rollbacks put aside in the app's database: kept, exported and dropped, brought back, erased;
and the audit log's daily export (`log_….py`).

Only commands load this room: it speaks to an S3-compatible store, by a package that the functions
do not ship.
"""

from importlib.util import find_spec

if find_spec("boto3") is None:
    raise ModuleNotFoundError(
        "boto3 is missing: python -m pip install --require-hashes -r scripts/requirements.txt"
    )
