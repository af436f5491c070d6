"""Run the registry from a command line, until interrupted."""

from __future__ import annotations

import argparse
import signal
import threading

from .options import Basic, Bearer, Options
from .server import Registry


def options_from(arguments: argparse.Namespace) -> Options:
    """Choose the options that the arguments name."""
    user, _, password = (arguments.user or "").partition(":")
    auth: Basic | Bearer | None = None
    if user:
        auth = Bearer(user, password) if arguments.auth == "bearer" else Basic(user, password)
    return Options(
        auth=auth,
        referrers=arguments.referrers,
        single_post=arguments.single_post,
        latency=arguments.latency,
        lag=arguments.lag,
    )


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.registry", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--user", metavar="NAME:PASSWORD", help="ask for this user")
    parser.add_argument("--auth", choices=("bearer", "basic"), default="bearer")
    parser.add_argument("--referrers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--single-post", action="store_true")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--lag", type=float, default=0.0, help="seconds until a PUT is seen")
    return parser


def main() -> None:
    """Serve until SIGINT or SIGTERM; the first line printed is the host and port."""
    arguments = parser().parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Registry(options_from(arguments), port=arguments.port) as registry:
        print(registry.host, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
