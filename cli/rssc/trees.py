"""What `rssc import` makes of call paths besides a spec: their decision tree, and a template from it."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rss_callpaths.accesses.places import Places
from rss_callpaths.bdd.build import decisions
from rss_callpaths.bdd.show import dot, text
from rss_callpaths.bdd.svg import svg
from rss_callpaths.bdd.words import Words
from rss_callpaths.infer.plan import devices
from rss_dsl.excerpt import printable
from rss_dsl.source import NOWHERE
from rss_dsl.spec import Nf, NfItem, Spec, Value
from rss_synth.nf.catalogue import nf_templates
from rss_synth.paths.roles import roles
from rssc.arguments import named_folder
from rssc.callpaths import CallPaths, infer
from rssc.documents import emit
from rssc.exits import Exit
from rssc.output import write_artifacts, write_text
from rssc.report import tell_some

if TYPE_CHECKING:
    from rss_callpaths.infer import Options

_SHOWN = {"dot": dot, "svg": svg}


def tree_exit(found: CallPaths, options: argparse.Namespace) -> Exit:
    """Print or write the tree."""
    tree = decisions(found.accesses, found.pool).turn
    words = Words(found.accesses, found.pool, options.ports)
    name = ", ".join(path.name for path in options.paths)
    shown = _SHOWN[options.format](tree, words, name) if options.format in _SHOWN else text(tree, words)
    tell_some(found.findings)
    if options.out:
        write_text(options.out, shown)
        print(options.out)
    else:
        print(shown, end="")
    return Exit.OK


def template_exit(found: CallPaths, wanted: Options, options: argparse.Namespace) -> Exit:
    """Write the template's folder."""
    from rss_synth.paths.template import nf_template

    inferred = infer(found, replace(wanted, shared=True))
    artifacts = nf_template(
        named_folder(options.out).name,
        found.accesses,
        decisions(found.accesses, found.pool),
        inferred,
        port_roles(found, wanted),
        found.pool,
        Places(found.sources),
        f"rssc import {printable(shlex.join(asked(options)))} --emit template",
    )
    findings = (*found.findings, *inferred.findings)
    written = [str(path) for path in write_artifacts(options.out, artifacts)]
    if options.format == "json":
        emit({"files": written})
    else:
        tell_some(findings)
        print("\n".join(written))
    return Exit.OK


def asked(options: argparse.Namespace) -> list[str]:
    """The arguments that say what is imported, and how it is named."""
    words = [str(path) for path in options.paths]
    words += [word for path in options.library for word in ("--library", str(path))]
    return words + [word for device, name in sorted(options.ports) for word in ("--port", f"{device}={name}")]


def port_roles(found: CallPaths, wanted: Options) -> Mapping[int, str]:
    """What each device is to the network function, as its template says it."""
    return roles(devices(found.accesses), wanted)


def with_function(spec: Spec, name: str, found: CallPaths, wanted: Options) -> Spec:
    """The spec with the block for a network function from a template of these paths."""
    items = tuple(
        NfItem(name=role, value=Value(kind="word", value=port, text=port, span=NOWHERE))
        for device, role in port_roles(found, wanted).items()
        for port in (wanted.name(device),)
    )
    about = f"// Made of the call paths, too: commands that take this spec need --template DIR/{name}"
    comments = () if name in nf_templates() else (about,)
    return replace(spec, statements=(*spec.statements, Nf(name=name, items=items, comments=comments)))
