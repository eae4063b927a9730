"""A network of this process and others, with a router between them, in namespaces of Linux."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from typing_extensions import Self

__all__ = ["HERE", "Network", "move_into_namespaces", "why_not"]

HERE: Final = "10.77.1.1"
"""The address of this process."""
_THERE: Final = "10.77.2.1"
_ROUTER_HERE: Final = "10.77.1.254"
_ROUTER_THERE: Final = "10.77.2.254"
_MARK: Final = "NEXWS_IN_NAMESPACES"
_MOVE: Final = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")


def why_not() -> str:
    """Say why this machine permits no namespaces; empty where it does."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces need Linux, and root"
    try:
        tried = subprocess.run([*_MOVE, "ip", "link"], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return f"{error.filename} is not installed"
    return tried.stderr.strip()


def move_into_namespaces() -> None:
    """Start this program again in namespaces of its own, unless it is there: what it starts ends with it, however."""
    if _MARK not in os.environ:
        os.environ[_MARK] = "1"
        os.execvp(_MOVE[0], [*_MOVE, sys.executable, *sys.argv])


class Network:
    """This process on one side of a router, and what is started with :attr:`there` on the other.

    It has no names outside, and is gone when its processes have ended.
    """

    def __init__(self) -> None:
        self.there: tuple[str, ...] = ()
        """What a command begins with that is to run on the other side."""
        self._holders: list[subprocess.Popen[bytes]] = []
        self._router: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        try:
            router, there = self._hold(), self._hold()
            self._router, self.there = _enter(router), _enter(there)
            self._connect(router, there)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self._holders:
            holder.communicate()  # it ends at the end of what it reads

    def cut(self) -> None:
        """Let nothing pass between the two sides: packets are dropped, and nobody is told."""
        for address in (HERE, _THERE):
            _run(*self._router, "ip", "route", "add", "blackhole", f"{address}/32")

    def heal(self) -> None:
        """Let everything pass again."""
        for address in (HERE, _THERE):
            _run(*self._router, "ip", "route", "del", "blackhole", f"{address}/32")

    def _hold(self) -> int:
        """Make a namespace, which ends with this process; gives the process that is in it."""
        holder = subprocess.Popen(
            ["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._holders.append(holder)
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"\n")
        holder.stdout.read(1)  # it is there
        return holder.pid

    def _connect(self, router: int, there: int) -> None:
        _run("ip", "link", "add", "side", "type", "veth", "peer", "name", "here", "netns", f"{router}")
        _run(
            *(*self._router, "ip", "link", "add", "there", "type", "veth"),
            *("peer", "name", "side", "netns", f"{there}"),
        )
        for inside, device, address in (
            ((), "side", HERE),
            (self._router, "here", _ROUTER_HERE),
            (self._router, "there", _ROUTER_THERE),
            (self.there, "side", _THERE),
        ):
            _run(*inside, "ip", "address", "add", f"{address}/24", "dev", device)
            _run(*inside, "ip", "link", "set", device, "up")
        for inside, gateway in (((), _ROUTER_HERE), (self.there, _ROUTER_THERE)):
            _run(*inside, "ip", "link", "set", "lo", "up")
            _run(*inside, "ip", "route", "add", "default", "via", gateway)
        _run(*self._router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def _enter(process: int) -> tuple[str, ...]:
    return ("nsenter", "--net", "--target", f"{process}")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
