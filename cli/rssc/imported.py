"""What `rssc import` says: the spec, or why there is none, and which accesses are in no requirement."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rss_callpaths.accesses.access import Access
from rss_callpaths.accesses.text import render
from rss_callpaths.infer import Inferred, Options
from rss_callpaths.infer.spec import wrapped
from rss_callpaths.kquery.print import print_term
from rss_callpaths.terms import Term
from rss_dsl.codes import UNKNOWN_PORT
from rss_dsl.diagnostics import Diagnostic, RssError, has_errors
from rss_dsl.excerpt import printable
from rss_dsl.format import format_spec
from rss_dsl.format_expr import expression
from rss_dsl.render import documents
from rss_dsl.source import Source, Span
from rss_dsl.spec import Device, PortDecl, Require, Spec, Statement
from rssc.callpaths import CallPaths
from rssc.documents import emit
from rssc.exits import Exit
from rssc.output import write_text
from rssc.report import print_findings, tell_some
from rssc.trees import asked, with_function


def accesses_exit(found: CallPaths, output_format: str) -> Exit:
    """Print the accesses."""
    if output_format == "json":
        every = [a for path in found.accesses.paths for a in (*path.setup, *path.accesses)]
        shown = [access_document(access, values=True) for access in every]
        emit({"accesses": shown, "diagnostics": documents(found.findings)})
    elif output_format == "sarif":
        print_findings(found.findings, output_format)
    else:
        tell_some(found.findings)
        print(render(found.accesses), end="")
    return Exit.OK


def inferred_exit(found: CallPaths, inferred: Inferred, wanted: Options, options: argparse.Namespace) -> Exit:
    """Print or write the spec, or say why there is none."""
    findings = (*found.findings, *inferred.findings)
    text = None
    if inferred.spec is not None:
        spec = _headed(inferred, inferred.spec, found, options)
        text = format_spec(with_function(spec, options.nf, found, wanted) if options.nf else spec)
    if text is not None and options.out:
        write_text(options.out, text)
    if options.format == "json":
        emit(_document(inferred, text, options.out, findings))
    elif options.format == "sarif":
        print_findings(findings, options.format)
    else:
        tell_some(findings)
        for line in _list(inferred, options.ignored):
            print(line, file=sys.stderr)
        if text is not None:
            print(f"{options.out}" if options.out else text.rstrip("\n"))
    if text is None and inferred.refusals:
        return Exit.NO_KEY
    return Exit.FINDINGS if has_errors(findings) else Exit.OK


def check_ports(found: CallPaths, names: dict[int, str]) -> None:
    """RssError if a name is given to a device that no path mentions."""
    paths = found.accesses.paths
    devices = {port for path in paths for port in path.in_ports}
    devices |= {port for path in paths for send in path.sends for port in send.ports}
    wrong = sorted(names.keys() - devices) if devices else []
    listed = ", ".join(map(str, sorted(devices)))
    if wrong:
        raise RssError(
            [
                Diagnostic(
                    rule=UNKNOWN_PORT,
                    message=f"no call path has packets from or to device {device}",
                    span=Span(Source("--port", f"{device}={names[device]}"), 0, len(str(device))),
                    help=f"the devices are {listed}",
                )
                for device in wrong
            ]
        )


def _headed(inferred: Inferred, spec: Spec, found: CallPaths, options: argparse.Namespace) -> Spec:
    """With the command that makes it on top, and what cores share."""
    first, *others = spec.statements
    words = asked(options)
    words += ["--nic", options.nic, "--queues", str(options.queues)]
    words += ["--shared"] * options.shared
    words += ["--nf", options.nf] if options.nf else []
    count = len(found.accesses.paths)
    paths = "1 call path" if count == 1 else f"{count} call paths"
    comments = [f"// Inferred from {paths} by", f"// rssc import {printable(shlex.join(words))}"]
    if inferred.refusals:
        comments.append(
            "// Nothing has to meet: cores share all state, by locks or transactions. It cannot be split:"
        )
        for each in inferred.refusals:
            comments += wrapped(f"// {each.reason.message}")
    if not isinstance(first, PortDecl):
        return spec
    headed = replace(first, comments=(*comments, *first.comments))
    return replace(spec, statements=(headed, *others))


_NAMED = 4
"""So many objects are named in one line."""


# --- what imposes nothing ---------------------------------------------------------------------------


def _list(inferred: Inferred, every: bool) -> Iterator[str]:
    """The accesses that impose nothing, in short by reason, or every one."""
    ignored = inferred.ignored
    if not ignored:
        if inferred.spec is not None and not inferred.requirements:
            yield "no call path accesses state"
        return
    yield f"{len(ignored)} accesses impose nothing:"
    reasons: dict[str, list[Access]] = {}
    for each in ignored:
        reasons.setdefault(each.reason, []).append(each.access)
    width = len(str(max(map(len, reasons.values()))))
    for reason, accesses in reasons.items():
        objects = sorted({access.object.name if access.object else "any" for access in accesses})
        more = len(objects) - _NAMED
        names = objects if more <= 1 else [*objects[:_NAMED], f"{more} more"]
        yield f"  {len(accesses):>{width}}  {', '.join(names)}: {reason}"
        for access in accesses if every else ():
            line = f" in line {access.source_line}" if access.source_line else ""
            name = f" of {access.object.name}" if access.object else ""
            yield f"  {'':>{width}}    {access.path}:{access.file_line}: {access.name}{name}{line}"


# --- JSON -------------------------------------------------------------------------------------------


def access_document(access: Access, *, values: bool = False) -> dict[str, object]:
    """An access; with `values`, also the terms in KLEE's notation."""
    shown = {
        "file": access.path,
        "line": access.file_line,
        "call": access.call,
        "function": access.name,
        "source_line": access.source_line,
        "operation": access.kind.value,
        "object": None if access.object is None else access.object.name,
        "devices": list(access.in_ports),
        "whole": access.whole,
        "mutates": access.mutates,
        "success": None if access.success is None else access.success.value,
    }
    terms = {"key": access.key, "value": access.value, "result": access.result} if values else {}
    return {**shown, **{name: _printed(term) for name, term in terms.items()}}


def _printed(term: Term | None) -> str | None:
    return None if term is None else print_term(term)


def _document(
    inferred: Inferred, text: str | None, out: Path | None, findings: Sequence[Diagnostic]
) -> dict[str, object]:
    spec = inferred.spec
    statements = () if spec is None else spec.statements
    return {
        "verdict": {"status": _status(inferred)},
        "spec": text,
        "written": None if out is None or text is None else str(out),
        "ports": [_port(each) for each in statements if isinstance(each, PortDecl)],
        "requirements": list(_requirements(inferred, statements)),
        "refusals": [
            {
                "code": each.reason.rule.code,
                "message": each.reason.message,
                "accesses": [access_document(each.first), access_document(each.second)],
            }
            for each in inferred.refusals
        ],
        "ignored": [
            {"reason": each.reason, "access": access_document(each.access)} for each in inferred.ignored
        ],
        "diagnostics": documents(findings),
    }


def _requirements(inferred: Inferred, statements: Iterable[Statement]) -> Iterator[dict[str, object]]:
    """Those that are in the spec, with what they are inferred from."""
    conditions = {each.name: each.condition for each in statements if isinstance(each, Require)}
    for each in inferred.requirements:
        if each.name in conditions:
            yield {
                "name": each.name,
                "condition": expression(conditions[each.name]),
                "accesses": [access_document(access) for access in each.accesses],
            }


def _status(inferred: Inferred) -> str:
    if inferred.spec is None:
        return "refused"
    return "shared" if inferred.refusals else "inferred"


def _port(port: PortDecl) -> dict[str, object]:
    device = next((item.number for item in port.items if isinstance(item, Device)), None)
    return {"name": port.name, "device": device}
