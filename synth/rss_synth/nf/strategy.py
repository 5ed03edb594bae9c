"""How cores share the state: what the spec says, or what its keys allow."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.problem import Problem
from rss_dsl.spec import Nf
from rss_solver.proof import Counterexample
from rss_solver.solution import Solution
from rss_synth.nf.needs import Judgement, Together, judge, serve
from rss_synth.nf.params import NfParams
from rss_synth.nf.plan import NfPlan, hashed_classes, item_span, make_plan

MOST_ASKED = 2
"""Requirements that are worth adding: keys that satisfy more of them are not to be expected."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a network function is made for."""

    strategy: str
    """`auto` no more."""
    keys_serve: bool
    """Whether shared-nothing would be right."""


def decide(problem: Problem, solution: Solution, plan: NfPlan, nf: Nf) -> Decision:
    """The strategy for these keys. RssError where the spec says shared-nothing and they don't serve that."""
    params = plan.params
    hashed = hashed_classes(params)
    verdict = judge(problem, solution, params, hashed)
    keys_serve = serve(verdict)
    if params.strategy == "auto":
        return Decision("shared-nothing" if keys_serve else "locks", keys_serve)
    if params.strategy == "shared-nothing" and not keys_serve:
        raise RssError([_refusal(params, nf, verdict)])
    return Decision(params.strategy, keys_serve and set(plan.stateful) <= set(hashed))


def strategy_findings(problem: Problem, solution: Solution) -> tuple[Diagnostic, ...]:
    """What users should know of `strategy auto` with these keys."""
    if problem.nf is None:
        return ()
    plan = make_plan(problem, problem.nf).plan
    if plan is None or plan.params.strategy not in ("auto", "shared-nothing"):
        return ()
    verdict = judge(problem, solution, plan.params, hashed_classes(plan.params))
    return () if serve(verdict) else (_warning(plan.params, problem.nf, verdict),)


def shares_state(problem: Problem) -> Diagnostic | None:
    """Why a network function needs no keys that satisfy the requirements; None where it does."""
    plan = make_plan(problem, problem.nf).plan if problem.nf else None
    if problem.nf is None or plan is None or plan.params.strategy == "shared-nothing":
        return None
    strategy = "locks" if plan.params.strategy == "auto" else plan.params.strategy
    return Diagnostic(
        rule=codes.NF_NO_KEYS,
        message=f"no key satisfies the requirements, so it is made with strategy `{strategy}`",
        span=item_span(problem.nf, "strategy"),
        help="`rssc explain` shows which requirements are in each other's way",
    )


def _warning(params: NfParams, nf: Nf, verdict: Judgement) -> Diagnostic:
    effect = "so `auto` is `locks`" if params.strategy == "auto" else "so it cannot be `shared-nothing`"
    return Diagnostic(
        rule=codes.NF_KEYS_DO_NOT_SERVE,
        message=f"{_lacking(params, verdict)}, {effect}",
        span=item_span(nf, "strategy"),
        help=_way_out(params),
    )


def _refusal(params: NfParams, nf: Nf, verdict: Judgement) -> Diagnostic:
    return Diagnostic(
        rule=codes.NF_STRATEGY,
        message=f"{_lacking(params, verdict)}, so it cannot be `shared-nothing`",
        span=item_span(nf, "strategy"),
        help=_way_out(params),
    )


def _lacking(params: NfParams, verdict: Judgement) -> str:
    if isinstance(verdict, Together):
        return f"`{params.template.name}` needs all packets to meet that touch its state"
    if isinstance(verdict, Counterexample):
        first, second = verdict.first, verdict.second
        return (
            f"`{params.template.name}` needs packets to meet that the keys part, "
            f"such as `{first.packet}` on `{first.port}` and `{second.packet}` on `{second.port}`"
        )
    return f"whether the keys make the packets meet that `{params.template.name}` needs to is undecided"


def _way_out(params: NfParams) -> str:
    if params.template.together:
        return "say `strategy locks` or `strategy tm`"
    asked = [f"`require {_with_ports(need, params)}`" for need in params.template.needs]
    if len(asked) > MOST_ASKED:
        return (
            f"say `strategy locks`; {len(asked)} requirements would have to hold at once, such as {asked[0]}"
        )
    return f"add {' and '.join(asked)}, or say `strategy locks`"


def _with_ports(need: str, params: NfParams) -> str:
    """A need with the ports' names for the roles."""
    ports = {role: port.name for role, port in zip(params.template.roles, params.ports, strict=True)}
    return re.sub(r"[a-z][a-z0-9_]*(?=['.])", lambda found: ports.get(found[0], found[0]), need)
