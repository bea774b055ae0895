"""The app's pages and its JSON API."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from dev.sample_app.behaviour import Misbehaving
from dev.sample_app.health import answer_health
from dev.sample_app.pages import render
from dev.sample_app.settings import Settings
from dev.sample_app.store import Row, Store
from dev.sample_app.versions import (
    EVENT_NOTE,
    SHORT_SUBJECT,
    VENDOR_ARRIVAL,
    VENDOR_NAMES,
    find_version,
)

STATIC = Path(__file__).parent / "static"
#: Characters in the subject of a photograph.
SHORT, LONG = 40, 200
USUAL_MINUTES = 5
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class WeddingApp:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.brought = find_version(settings.version).migrations
        self.store = Store(settings.database_url, self.brought)

    async def page(self, _: Request) -> Response:
        timeline = await self.store.timeline()
        vendors = await self.store.vendors()
        page = render(
            "timeline.html",
            **timeline,
            vendors=vendors,
            phones=self.settings.version != "good",
            version=self.settings.version,
            deployment_id=self.settings.deployment_id,
        )
        return HTMLResponse(page)

    async def timeline(self, _: Request) -> Response:
        return JSONResponse(await self.store.timeline())

    async def vendors(self, _: Request) -> Response:
        return JSONResponse({"vendors": await self.store.vendors()})

    async def add_event(self, request: Request) -> Response:
        """A coordinator puts one more thing into the day."""
        match await read_object(request):
            case {"title": str(title), "place": str(place), "starts_at": str(starts_at)} if (
                title and place and TIME.fullmatch(starts_at)
            ):
                return found(await self.store.add_event(title, place, starts_at))
        raise HTTPException(422, 'Send {"title": "Toasts", "place": "Barn", "starts_at": "19:15"}.')

    async def change_event(self, request: Request) -> Response:
        """A coordinator moves an event; a vendor leaves a note, if the version knows notes."""
        event_id, body = request.path_params["id"], await read_object(request)
        match body:
            case {"starts_at": str(starts_at)} if TIME.fullmatch(starts_at):
                return found(await self.store.move_event(event_id, starts_at))
            case {"note": str() | None as note} if EVENT_NOTE in self.brought:
                return found(await self.store.note_event(event_id, note))
        raise HTTPException(422, 'Send {"starts_at": "16:30"}.')

    async def change_vendor(self, request: Request) -> Response:
        """A vendor is called otherwise, in the words of this version, or says when they arrive."""
        vendor_id, body = request.path_params["id"], await read_object(request)
        in_parts = VENDOR_NAMES in self.brought
        match body:
            case {"name": str(name)} if name.strip() and not in_parts:
                return found(await self.store.rename_vendor(vendor_id, name=name.strip()))
            case {"given_name": str(given), "family_name": str(family)} if (
                given.strip() and in_parts
            ):
                parts = {"given_name": given.strip(), "family_name": family.strip()}
                return found(await self.store.rename_vendor(vendor_id, **parts))
            case {"arrives_at": str(time)} if VENDOR_ARRIVAL in self.brought and TIME.fullmatch(
                time
            ):
                return found(await self.store.expect_vendor(vendor_id, time))
        raise HTTPException(422, "Send what this version knows of vendors.")

    async def add_shot(self, request: Request) -> Response:
        """A photographer lists one more."""
        longest = SHORT if SHORT_SUBJECT in self.brought else LONG
        match await read_object(request):
            case {"event_id": str(event_id), "subject": str(subject), **more} if (
                0 < len(subject) <= longest
            ):
                given = more.get("minutes")
                minutes = given if type(given) is int else USUAL_MINUTES
                return found(await self.store.add_shot(event_id, subject, minutes))
        raise HTTPException(422, f"Send an event_id and a subject of up to {longest} characters.")

    async def change_shot(self, request: Request) -> Response:
        match await read_object(request):
            case {"taken": bool(taken)}:
                return found(await self.store.take_shot(request.path_params["id"], taken=taken))
        raise HTTPException(422, 'Send {"taken": true}.')

    async def health(self, _: Request) -> Response:
        return await answer_health(self.settings, self.store)


async def read_object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(422, "Send a JSON object.")
    return body


def found(row: Row | None) -> Response:
    if row is None:
        raise HTTPException(404, "There is nothing with this id.")
    return JSONResponse(row)


async def explain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def apologise(_: Request, error: Exception) -> Response:
    print(f"error: {error!r}", flush=True)
    return HTMLResponse(render("error.html"), 500)


def make_app(settings: Settings) -> ASGIApp:
    wedding = WeddingApp(settings)
    app = Starlette(
        routes=[
            Route("/", wedding.page),
            Route("/api/timeline", wedding.timeline),
            Route("/api/vendors", wedding.vendors),
            Route("/api/events", wedding.add_event, methods=["POST"]),
            Route("/api/events/{id}", wedding.change_event, methods=["PUT"]),
            Route("/api/vendors/{id}", wedding.change_vendor, methods=["PUT"]),
            Route("/api/shots", wedding.add_shot, methods=["POST"]),
            Route("/api/shots/{id}", wedding.change_shot, methods=["PUT"]),
            Route("/api/health", wedding.health),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={
            HTTPException: explain,
            # By name: what only `Exception` covers is raised on, and the server then closes the
            # connection that the edge is about to send its next request on.
            psycopg.Error: apologise,
            Exception: apologise,
        },
    )
    version = find_version(settings.version)
    if not (version.sends_rsvps and settings.flags_url):
        return Misbehaving(app, version)
    # Only here: most versions have no switch, and start sooner without the SDK.
    switches = import_module("dev.sample_app.switches").Switches()
    switches.start(settings)
    return Misbehaving(app, version, lambda: switches.active)
