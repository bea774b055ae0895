"""Which hosts may be asked: names on the internet, and of deployments only the platform's own.

No request goes to a host that a webhook, a batch of the log drain, a client or another project
names. Pure: no I/O, and no name is resolved.
"""

import re

#: As the platform writes them: no port, no account, no path, and no address in numbers.
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
#: Where the platform gives deployments their own addresses, unless a team has another place.
DEPLOYMENT_SUFFIX = "vercel.app"
#: Names that only the machine itself, or its neighbours, know.
PRIVATE = ("localhost", "local", "internal", "localdomain", "lan", "home.arpa")


def is_public(host: str) -> bool:
    return HOST.fullmatch(host) is not None and not any(is_under(host, name) for name in PRIVATE)


def is_under(host: str, suffix: str) -> bool:
    return host == suffix or host.endswith(f".{suffix}")


def is_deployment(host: str, suffix: str) -> bool:
    """Whether it is the address that the platform gave to one deployment."""
    return is_public(host) and host != suffix and is_under(host, suffix)
