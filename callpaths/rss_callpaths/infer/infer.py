"""`infer` lists the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rss_callpaths.accesses.access import Access, Accesses
from rss_callpaths.accesses.places import Places
from rss_callpaths.infer.assumed import Within, assumed
from rss_callpaths.infer.bypass import Bypass, bypass
from rss_callpaths.infer.conflicts import conflicts
from rss_callpaths.infer.found import Clash, Doubt, Found
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.pairs import Pairs
from rss_callpaths.infer.plan import devices, port_plans, reduced, settled, steered_fields, usual
from rss_callpaths.infer.reasons import Reasons, is_unknown, no_paths
from rss_callpaths.infer.results import Ignored, Inferred, Refusal, Requirement, identity
from rss_callpaths.infer.spec import Options, PortPlan, build
from rss_callpaths.library import Kind
from rss_callpaths.terms import Pool
from rss_dsl.check import check
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.format import format_spec
from rss_dsl.loading import loads
from rss_dsl.nic import NicProfile
from rss_dsl.nics import find
from rss_dsl.problem import Problem
from rss_dsl.source import Source
from rss_dsl.spec import Spec
from rss_solver.conflicts.conflict import Conflict
from rss_solver.diagnostics.support import component_errors, unsupported
from rss_solver.fieldsets import resolve
from rss_solver.keyspace.statement import state
from rss_solver.solve import solve


def infer(
    accesses: Accesses,
    pool: Pool,
    options: Options | None = None,
    sources: Mapping[str, Source] | None = None,
) -> Inferred:
    """What packets must meet so that no state is shared between cores, as a spec; or why that cannot be.

    `pool`: where the paths' terms are from. `sources`: the files' texts by the paths' names. ValueError for a
    NIC that the catalogue does not have, RssError for one that cannot be used as the options ask.
    """
    chosen = options or Options()
    nic = find(chosen.nic)
    if nic is None:
        raise ValueError(f"no NIC is called {chosen.nic!r}")
    if not any(path.in_ports for path in accesses.paths):
        return Inferred(None, "", (), (), (), (no_paths(sources or {}),))
    return _Inference(accesses, pool, chosen, nic, Places(sources or {})).result()


class _Inference:
    def __init__(
        self, accesses: Accesses, pool: Pool, options: Options, nic: NicProfile, places: Places
    ) -> None:
        self.accesses, self.options, self.nic = accesses, options, nic
        self.reasons = Reasons(accesses, places, nic.name)
        self.pairs = pairs = Pairs()
        self.ownership = Ownership(accesses, pool, pairs)
        self.checks: Bypass = bypass(accesses, self.ownership, pairs)
        self.found: Found = conflicts(accesses, self.ownership, self.checks, nic)
        self.findings: list[Diagnostic] = []

    def result(self) -> Inferred:
        """The spec, or the refusals."""
        refusals = self._refusals()
        stateful, more = self._classes()
        refusals = refusals or more
        plans = port_plans(devices(self.accesses), stateful, self.nic)
        assumptions = self._assumed(plans)
        free = steered_fields(plans, assumptions, self.nic)
        requirements = reduced(self.found.relations, free, self.options)
        spec: Spec | None = None
        text = ""
        if not refusals:
            refusals, spec = self._solved(plans, assumptions, requirements)
            text = format_spec(spec)
        if refusals and self.options.shared:
            spec, self.findings = self._shared(plans), self.reasons.shared(refusals)
            text = format_spec(spec)
        elif refusals:
            self.findings = [*(refusal.reason for refusal in refusals), *self.findings]
            spec, text = None, ""
        ignored = self._ignored(requirements, refusals)
        return Inferred(
            spec, text, tuple(requirements), tuple(ignored), tuple(refusals), tuple(self.findings)
        )

    # --- refusals ---------------------------------------------------------------------------------------

    def _refusals(self) -> list[Refusal]:
        unknown = [a for path in self.accesses.paths for a in path.accesses if is_unknown(a)]
        if unknown:
            return [self.reasons.unknown(unknown[0])]
        failed = {failure.chain for failure in self.checks.failures}
        verified = {
            access.path
            for path in self.accesses.paths
            for access in path.accesses
            if access.kind is Kind.VERIFY and access.object in failed
        }
        clashes = [
            c for c in self.found.clashes if not (c.why in ("index", "symbol") and _paths(c) & verified)
        ]
        refusals = [self.reasons.failure(failure) for failure in self.checks.failures]
        return [*refusals, *self.reasons.clashes(clashes, self.ownership)]

    # --- classes ----------------------------------------------------------------------------------------

    def _classes(self) -> tuple[dict[int, frozenset[str]], list[Refusal]]:
        """Port → classes that reach state and are steered, and a refusal for ports where none is."""
        reached: dict[int, set[str]] = {}
        for found, pairs in self.found.classes.items():
            for first, second in pairs:
                reached.setdefault(found.first, set()).add(first)
                reached.setdefault(found.second, set()).add(second)
        left = settled(self.found.doubtful, self.found)
        for doubt in left:
            for side in (doubt.first, doubt.second):
                reached.setdefault(side.port, set())
        unplaced = [*self.found.unplaced, *(each for doubt in left for each in doubt.unplaced)]
        for port in sorted({each.port for each in unplaced}):
            own = [each for each in unplaced if each.port == port]
            self.findings.append(self.reasons.left_out(own, self.options.name(port)))
            reached.setdefault(port, set()).difference_update(each.kind for each in own)
        refusals = []
        for port, names in sorted(reached.items()):
            refusals += self._unhashable(port, names, left)
        return {port: frozenset(names & self.nic.hashable()) for port, names in reached.items()}, refusals

    def _unhashable(self, port: int, names: set[str], doubts: Sequence[Doubt]) -> list[Refusal]:
        accesses = self._on(port)
        if not names & self.nic.hashable():
            own = [doubt for doubt in doubts if port in (doubt.first.port, doubt.second.port)]
            pair = (own[0].first.entry.access, own[0].second.entry.access) if own else (accesses[0],) * 2
            return [self.reasons.nothing_hashed(*pair, self.options.name(port), self.nic.name)]
        left = sorted(names - self.nic.hashable())
        if left:
            found = self.reasons.not_hashed(accesses[0], self.options.name(port), left, self.nic.name)
            self.findings.append(found)
        return []

    def _on(self, port: int) -> list[Access]:
        found = {a for r, own in self.found.relations.items() if port in (r.first, r.second) for a in own}
        return sorted((a for a in found if port in a.in_ports), key=identity)

    def _assumed(self, plans: Sequence[PortPlan]) -> list[Within]:
        """What holds of all packets of a port that need to meet others."""
        names = {access.path for own in self.found.relations.values() for access in own}
        stateful = [path for path in self.accesses.paths if path.path.name in names]
        paths = {
            plan.device: [path for path in stateful if plan.device in path.in_ports]
            for plan in plans
            if plan.traffic is not None
        }
        return assumed(paths, {plan.device: plan.hashed for plan in plans}, self.pairs)

    # --- keys -------------------------------------------------------------------------------------------

    def _solved(
        self,
        plans: Sequence[PortPlan],
        assumptions: Sequence[Within],
        requirements: Sequence[Requirement],
    ) -> tuple[list[Refusal], Spec]:
        """The spec, and a refusal if no key satisfies it, whatever fields are hashed."""
        fewer = [replace(p, hashed=own, traffic=p.traffic and own) for p in plans if (own := usual(p))]
        attempts = [(plans, False), (plans, True)]
        if len(fewer) == len(plans) and fewer != plans:
            attempts.append((fewer, True))
        refusals: list[Refusal] = []
        for tried, hashes_any in attempts:
            spec = build(tried, assumptions, requirements, self.options, hashes_any)
            problem, conflict = _keys(loads(format_spec(spec), "<inferred>"))
            if conflict is None:
                self._note_fewer(plans, tried)
                return [], spec
            refusals = refusals or [self._without_key(problem, conflict, requirements)]
        return refusals, spec

    def _shared(self, plans: Sequence[PortPlan]) -> Spec:
        """The ports alone: where cores take turns at the state, any steering does."""
        return build([replace(plan, traffic=None) for plan in plans], (), (), self.options)

    def _note_fewer(self, plans: Sequence[PortPlan], tried: Sequence[PortPlan]) -> None:
        for plan, other in zip(plans, tried, strict=True):
            left = set(plan.traffic or ()) - set(other.hashed)
            if left:
                accesses = self._on(plan.device)
                port = self.options.name(plan.device)
                self.findings.append(self.reasons.not_spread(accesses[0], port, sorted(left), self.nic.name))

    def _without_key(
        self, problem: Problem, conflict: Conflict, requirements: Sequence[Requirement]
    ) -> Refusal:
        lines = [problem.lines[line].label for line in conflict.lines]
        named = [each for each in requirements if each.name in lines]
        port = problem.ports[conflict.port].name
        own = [(each.relation, sorted(self.found.relations[each.relation], key=identity)) for each in named]
        return self.reasons.no_key(own, self.options, port)

    # --- the rest ---------------------------------------------------------------------------------------

    def _ignored(self, requirements: Sequence[Requirement], refusals: Sequence[Refusal]) -> list[Ignored]:
        """Every access that is in no requirement and no refusal."""
        used = {identity(access) for each in requirements for access in each.accesses}
        used |= {identity(access) for each in refusals for access in (each.first, each.second)}
        silent = "left open by what is refused" if refusals else "no other packet changes or reads its cell"
        found = []
        for path in self.accesses.paths:
            found += [Ignored(access, "every core makes its own state") for access in path.setup]
            for access in path.accesses:
                if identity(access) in used:
                    continue
                reason = self.found.ignored.get(identity(access))
                found.append(Ignored(access, reason or silent))
        return found


def _paths(clash: Clash) -> set[str]:
    return {clash.first.path, clash.second.path}


def _keys(spec: Spec) -> tuple[Problem, Conflict | None]:
    """The problem of a spec, and why it has no keys."""
    checked = check(spec)
    if checked.problem is None:
        raise RssError(checked.diagnostics)
    errors = [*unsupported(checked.problem)]
    if errors:
        raise RssError(errors)
    problem = resolve(checked.problem).problem
    errors = [*component_errors(problem, state(problem))]
    if errors:
        raise RssError(errors)
    outcome = solve(problem)
    return problem, outcome if isinstance(outcome, Conflict) else None
