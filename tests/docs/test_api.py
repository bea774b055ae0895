"""The document of the API and its page are as the code is."""

import json
import re

import pytest
from schemathesis import openapi

from dev import doors_table
from dev.openapi.__main__ import FILE
from dev.openapi.document import document, text
from dev.openapi.operations import OPERATIONS, REWRITTEN
from dev.places import ROOT
from lib.access.doors import DOORS


def test_the_document_is_as_its_command_writes_it():
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m dev.openapi"


def test_the_table_of_doors_is_as_its_command_writes_it():
    page = doors_table.PAGE.read_text(encoding="utf-8")
    assert page == doors_table.written(page), "run: python -m dev.doors_table"


def test_each_door_is_documented():
    listed = {(route, method) for route, methods in OPERATIONS.items() for method in methods}
    assert {one for one in listed if one[0] in DOORS} == {
        (route, method) for route, methods in DOORS.items() for method in methods
    }


def test_each_rewrite_onto_a_function_is_documented():
    declared = json.loads((ROOT / "vercel.json").read_text())["rewrites"]
    to_functions = {
        re.sub(r":(\w+)", r"[\1]", one["source"]): one["destination"]
        for one in declared
        if one["destination"].startswith("/api/")
    }
    assert to_functions == REWRITTEN


def test_the_document_is_valid_openapi():
    openapi.from_dict(document()).validate()


@pytest.mark.parametrize("route", DOORS)
def test_what_is_refused_is_a_problem(route):
    path = document()["paths"][route.replace("[", "{").replace("]", "}")]
    for method, operation in path.items():
        own = OPERATIONS[route][method.upper()].answers  # such as another protocol's
        for status, answer in operation["responses"].items():
            if status.startswith("4") and int(status) not in own:
                assert next(iter(answer["content"])) == "application/problem+json"
