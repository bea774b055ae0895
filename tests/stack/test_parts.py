"""The smaller parts of the stack."""

import boto3
import httpx
import pytest
from botocore.config import Config

from dev.functions import entry_name
from dev.keys import Keys
from dev.ports import free_port
from dev.serving import serve
from dev.storage import BUCKET, Storage
from dev.stripe import KEY, stripe_app
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def stripe():
    with serve(stripe_app()) as served:
        yield f"{served.url}/v1/account"


@pytest.mark.parametrize(
    "auth", [{"headers": {"authorization": f"Bearer {KEY}"}}, {"auth": (KEY, "")}]
)
def test_stripe_knows_the_account_of_a_test_key(stripe, auth):
    assert httpx.get(stripe, timeout=PATIENCE_SECONDS, **auth).json()["object"] == "account"


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer sk_live_x"}, {"authorization": "Basic ?"}]
)
def test_stripe_refuses_any_other_key(stripe, headers):
    assert httpx.get(stripe, headers=headers, timeout=PATIENCE_SECONDS).status_code == 401


def test_what_is_put_into_the_store_can_be_read(tmp_path):
    storage = Storage.start(free_port(), tmp_path / "s3.log")
    storage.wait_until_ready()
    made_up = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=storage.url, config=Config(proxies={}), **made_up)

    s3.put_object(Bucket=BUCKET, Key="ceremony", Body=b"4:30")

    assert s3.get_object(Bucket=BUCKET, Key="ceremony")["Body"].read() == b"4:30"
    s3.close()
    storage.stop()


def test_keys_are_kept(tmp_path):
    first = Keys.load(tmp_path / "keys.json")
    first.save(tmp_path / "keys.json")

    assert Keys.load(tmp_path / "keys.json") == first
    assert Keys.load(tmp_path / "others.json") != first


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("app = endpoint()", "app"),
        ("app: object = endpoint()", "app"),
        ("from lib.x import application", "application"),
        ("class handler: ...", "handler"),
        ("async def app(s, r, x): ...", "app"),
        ("if True:\n    app = 1", None),
        ("app, other = 1, 2", None),
        ("x = 1", None),
    ],
)
def test_a_function_is_found_without_running_it(tmp_path, text, name):
    file = tmp_path / "function.py"
    file.write_text(text)

    assert entry_name(file) == name
