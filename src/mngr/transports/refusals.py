"""Why ssh did not reach a host, and what to do about it."""

from __future__ import annotations

from mngr.model.errors import UnreachableError

TRY = "try: ssh {host} true"
FORGET = "ssh-keygen -R {host}"
_CAUSES = (
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "has another host key than the one that is known", ""),
    ("Host key verification failed", "has a host key that is not known here", "check and accept it: ssh {host} true"),
    ("host key is known for", "has a host key that is not known here", "check and accept it: ssh {host} true"),
    ("Too many authentication failures", "does not let you in: too many keys were offered", "set IdentityFile for it"),
    ("Permission denied", "does not let you in", f"{TRY} (ssh-add, if your key has a passphrase)"),
    ("Could not resolve", "is a name that is not known", f"see ~/.ssh/config; {TRY}"),
    ("Connection refused", "refuses connections", f"is its sshd running? {TRY}"),
    ("timed out", "does not answer", f"is it up? {TRY}"),
    ("not responding", "does not answer any more", f"is it up? {TRY}"),
    ("No route to host", "cannot be reached: there is no route", f"is it up, and your network? {TRY}"),
    ("Network is unreachable", "cannot be reached: there is no network", f"is yours up? {TRY}"),
    ("stdio forwarding failed", "cannot be reached from the host on the way to it", f"is its sshd running? {TRY}"),
)
# How ssh ends where what leads to a host (ProxyJump) ended before that said anything; what tells that it led so far.
_WAY = ("kex_exchange_identification: ", "Connection closed by UNKNOWN port")
_LED_THERE = "stdio forwarding failed"
_IDLE = ": terminating, "  # what ssh says last when the line before it tells the matter


def ended_on_the_way(said: str) -> bool:
    """Tell whether ssh says only that the way to a host ended; why, its helpers say where they are heard."""
    return any(sign in said for sign in _WAY)


def refusal(name: str, destination: str, said: str, typed: str = "") -> UnreachableError:
    """Return the error that says why ssh did not reach a host, which it knows as `destination`, by what ssh said.

    `typed` is what a person types after `ssh` to come there, if that is more.
    """
    typed = typed or destination
    for sign, text, hint in _CAUSES:
        if sign in said:
            chosen = hint.format(host=typed) if hint else _how_to_forget(destination, said)
            if ended_on_the_way(said) and _LED_THERE not in said:
                return UnreachableError(f"{name} cannot be reached: a host on the way to it {text}", hint=chosen)
            return UnreachableError(f"{name} {text}", hint=chosen)
    lines = [line for line in said.splitlines() if line.strip() and _IDLE not in line]
    lines = [line for line in lines if not ended_on_the_way(line)] or lines
    last = lines[-1].strip() if lines else "ssh says nothing about why"
    return UnreachableError(f"{name} cannot be reached: {last}", hint=TRY.format(host=typed))


def _how_to_forget(destination: str, said: str) -> str:
    """Return how a host key is forgotten: as ssh puts it, which knows the file and the name in it."""
    told = [line.strip() for line in said.splitlines() if line.strip().startswith("ssh-keygen -f ")]
    return f"if that is right, forget the old one: {told[0] if told else FORGET.format(host=destination)}"
