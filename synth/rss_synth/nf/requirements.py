"""What templates need, as requirements between roles."""

from __future__ import annotations

from functools import cache

from rss_dsl.check import check
from rss_dsl.diagnostics import RssError, has_errors
from rss_dsl.loading import loads
from rss_dsl.problem import Requirement
from rss_synth.nf.mistakes import Mistakes
from rss_synth.nf.template import NfTemplate


@cache
def requirements(template: NfTemplate) -> tuple[Requirement, ...]:
    """The template's needs, with the places of roles for those of ports.

    RssError (RSS640) with all that are no requirements over its roles.
    """
    mistakes = Mistakes(template.about)
    found = [_requirement(need, template.roles, mistakes) for need in template.needs]
    mistakes.refuse()
    return tuple(made for made in found if made)


def _requirement(need: str, roles: tuple[str, ...], mistakes: Mistakes) -> Requirement | None:
    ports = [f"port {role} {{ nic intel-x710  hash ipv4-tcp  queues 2 }}" for role in roles]
    try:
        spec = loads("\n".join((*ports, f"require {need}")))
        checked = check(spec)
        if checked.problem is None:
            raise RssError(checked.diagnostics)
    except RssError as error:
        for found in error.diagnostics:
            if has_errors([found]):
                mistakes.item(
                    "needs", f"`{need}`: {found.message}", found.help or "write a requirement over roles"
                )
        return None
    if len(spec.statements) != len(roles) + 1:
        mistakes.item(
            "needs", f"`{need}`: it is more than one requirement", "write each as a text of its own"
        )
        return None
    return checked.problem.requirements[0]
