"""The subcommands: what one can do to a stack that runs."""

import argparse
import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from dev import private_files, traffic
from dev.control import Control, Refused
from dev.output import show
from dev.places import Folder, NoStack
from dev.recording import NotRecorded, record

type Stack = dict[str, Any]
type Command = Callable[[Stack, argparse.Namespace], None]


def run(arguments: argparse.Namespace) -> None:
    """Raises NoStack, Refused."""
    COMMANDS[arguments.command](running(Folder(arguments.data)), arguments)


def running(folder: Folder) -> Stack:
    try:
        stack = private_files.read(folder.stack_file)
        os.kill(stack["pids"]["stack"], 0)
    except (FileNotFoundError, ProcessLookupError) as error:
        raise NoStack(
            f"No stack runs with its data in {folder.data}. Start one: make dev "
            "(or name its folder: --data DIR)"
        ) from error
    return stack


def release(stack: Stack, arguments: argparse.Namespace) -> None:
    """To production, unless told otherwise; with `--slot`, to look at there and not yet live."""
    done = control(stack).ask(
        "POST",
        "releases",
        version=arguments.version,
        environment=arguments.environment,
        slot=arguments.slot,
        live=arguments.slot is None,
    )
    hosts = ", ".join(done["aliases"])
    show(f"{named(done)} is {'live on' if done['live'] else 'at'} {hosts or done['url']}")
    show(f"deployment {done['id']}")
    show(recorded(stack, done))
    if arguments.slot is None and not done["live"]:
        show(f"production is pinned since a rollback; make it live: promote v{done['number']}")


def recorded(stack: Stack, deployment: dict[str, Any]) -> str:
    try:
        versions = record(stack["control_plane"], stack["tokens"]["admin"], deployment)
    except NotRecorded as error:
        return str(error)
    return f"recorded with {', '.join(versions)}"


def promote(stack: Stack, arguments: argparse.Namespace) -> None:
    """As a person would on the platform's own page; it also ends the pin."""
    wanted = arguments.deployment
    known = control(stack).ask("GET", "state")["deployments"]
    found = next((d for d in known if wanted in {f"v{d['number']}", d["id"], d["sha"]}), None)
    if found is None:
        there = ", ".join(f"v{each['number']}" for each in known)
        raise Refused(f"There is no deployment {wanted}. There are {there}.")
    answer = httpx.post(
        f"{stack['vercel_api']}/v10/projects/{stack['project_id']}/promote/{found['id']}",
        params={"teamId": stack["team_id"]},
        headers={"authorization": f"Bearer {stack['vercel_token']}"},
        trust_env=False,
    )
    if answer.is_error:
        raise Refused(answer.text)
    show(f"{named(found)} is being promoted")


def send_traffic(stack: Stack, arguments: argparse.Namespace) -> None:
    host = stack["edge"]["hosts"][arguments.host]
    plan = traffic.Plan(stack["edge"]["address"], host, arguments.rps, arguments.seconds)
    show(f"{plan.rps:g} requests a second to {host} for {plan.seconds:g} s")
    total = asyncio.run(traffic.send(plan, show))
    show(f"total   {traffic.in_words(total)}")


def fault(stack: Stack, arguments: argparse.Namespace) -> None:
    if arguments.name == "none":
        control(stack).ask("DELETE", "faults")
        show("nothing more will go wrong")
        return
    details = dict(detail.partition("=")[::2] for detail in arguments.details)
    waiting = control(stack).ask("POST", "faults", name=arguments.name, **details)["waiting"]
    for each in waiting:
        show(", ".join(f"{name} {value}" for name, value in each.items() if value is not None))


def hold(stack: Stack, arguments: argparse.Namespace) -> None:
    """The stack itself stops the part, and tells so."""
    del stack
    (Folder(arguments.data).held / arguments.part).touch()


def let_go(stack: Stack, arguments: argparse.Namespace) -> None:
    del stack
    (Folder(arguments.data).held / arguments.part).unlink(missing_ok=True)


def reload(stack: Stack, arguments: argparse.Namespace) -> None:
    """The next request starts each function anew, with the code as it is then."""
    del arguments
    functions = {name: pid for name, pid in stack["pids"].items() if name.startswith("api/")}
    for pid in functions.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    show(f"ended {', '.join(functions) or 'no function: none was running'}")


def status(stack: Stack, arguments: argparse.Namespace) -> None:
    del arguments
    state = control(stack).ask("GET", "state")
    by_id = {each["id"]: each for each in state["deployments"]}
    show(f"control plane  {stack['control_plane']}  {health(stack['control_plane'], None)}")
    for name, host in stack["edge"]["hosts"].items():
        if each := by_id.get(state["aliases"].get(host)):
            seen = health(stack["edge"]["address"], host)
            show(f"{name:13}  {named(each)}  {seen}")
    show(f"auto-assign    {'on' if state['auto_assign'] else 'off: production is pinned'}")
    show(f"processes      {', '.join(sorted(stack['pids']))}")


def named(deployment: dict[str, Any]) -> str:
    return f"v{deployment['number']} ({deployment['sha'][:7]}, {deployment['version']})"


def health(address: str, host: str | None) -> str:
    headers = {"host": host} if host else {}
    try:
        answer = httpx.get(f"{address}/api/health", headers=headers, timeout=5, trust_env=False)
    except httpx.TransportError as error:
        return f"does not answer ({type(error).__name__})"
    try:
        checks = ("api", "database", "redis", "stripe")
        said = ", ".join(f"{name} {answer.json()[name]}" for name in checks)
    except (ValueError, KeyError):
        said = ""
    return f"{answer.status_code} {said}".strip()


def control(stack: Stack) -> Control:
    return Control(stack["vercel_api"], stack["vercel_token"])


COMMANDS: dict[str, Command] = {
    "release": release,
    "promote": promote,
    "traffic": send_traffic,
    "fault": fault,
    "hold": hold,
    "let-go": let_go,
    "reload": reload,
    "status": status,
}
