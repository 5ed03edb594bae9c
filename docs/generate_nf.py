"""Brings the generated parts of docs/nf/*.md up to date: `python docs/generate_nf.py`.

A part stands between `<!-- NAME -->` and `<!-- end -->`; what is outside of these is written by hand. Parts
come from the templates (`nfs/NAME/nf.toml`), the specs in `specs/nf` and the plots beside the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rss_dsl.tokens import duration
from rss_synth.nf.catalogue import nf_templates
from rss_synth.nf.template import Kind, NfTemplate, Parameter

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "nf"
SPECS = ROOT / "specs" / "nf"
PART = re.compile(r"<!-- (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def page(name: str) -> Path:
    """The page of a network function; `README` has the overview."""
    return PAGES / f"{name}.md"


def spec_of(template: NfTemplate) -> Path:
    """The one spec in `specs/nf` with a block of this network function."""
    block = re.compile(rf"^nf {template.name} ", re.MULTILINE)
    (found,) = [
        path for path in sorted(SPECS.glob("*.rss")) if block.search(path.read_text(encoding="utf-8"))
    ]
    return found


def refreshed(text: str, template: NfTemplate | None) -> str:
    """A page with its parts as they should be; without a template, the overview's."""
    return PART.sub(lambda found: f"<!-- {found[1]} -->\n{_part(found[1], template)}<!-- end -->", text)


def _part(name: str, template: NfTemplate | None) -> str:
    if template is None:
        return _overview()
    makers: dict[str, Callable[[NfTemplate], str]] = {
        "summary": _summary,
        "spec": _spec,
        "parameters": _parameters,
        "needs": _needs,
        "plot": _plot,
        "commands": _commands,
    }
    return makers[name](template)


def _summary(template: NfTemplate) -> str:
    text = template.summary
    return f"{text[0].upper()}{text[1:]}.\n"


def _spec(template: NfTemplate) -> str:
    path = spec_of(template)
    text = path.read_text(encoding="utf-8")
    made = f"[specs/nf/{path.name}](../../specs/nf/{path.name}):\n\n```rss {path.name}\n{text}```\n"
    for file in _files(template, text):
        beside = (SPECS / file).read_text(encoding="utf-8")
        made += f"\n[specs/nf/{file}](../../specs/nf/{file}):\n\n```text {file}\n{beside}```\n"
    return made


def _files(template: NfTemplate, text: str) -> list[str]:
    """What the spec names beside it."""
    kinds = (Kind.STATIONS, Kind.BACKENDS)
    names = [parameter.name for parameter in template.parameters if parameter.kind in kinds]
    return [file for name in names for file in re.findall(rf"\b{name} (\S+\.\S+)", text)]


def _parameters(template: NfTemplate) -> str:
    rows = [_row(parameter) for parameter in template.parameters]
    sums = [_sum(dict(bound.weights), bound.high, bound.about) for bound in template.sums]
    head = "| item | value | default | meaning |\n|---|---|---|---|\n"
    return head + "".join(f"{row}\n" for row in rows) + "".join(f"\n{text}\n" for text in sums)


def _sum(weights: dict[str, int], high: int, about: str) -> str:
    terms = [f"{weight} * `{name}`" if weight > 1 else f"`{name}`" for name, weight in weights.items()]
    return f"{' + '.join(terms)} can be {high} at most: {about}."


def _row(parameter: Parameter) -> str:
    about = parameter.about[0].upper() + parameter.about[1:]
    return f"| `{parameter.name}` | {_value(parameter)} | {_default(parameter)} | {about} |"


def _value(parameter: Parameter) -> str:
    match parameter.kind:
        case Kind.WORD:
            return ", ".join(f"`{word}`" for word in parameter.words)
        case Kind.COUNT:
            return f"1 to {parameter.high}"
        case Kind.STATIONS | Kind.BACKENDS:
            return "a file"
        case _:
            return parameter.kind.value


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "to be said"
    if parameter.kind is Kind.DURATION:
        return f"`{duration(int(parameter.default))}`"
    return f"`{parameter.default}`"


def _needs(template: NfTemplate) -> str:
    if template.together:
        return "All packets that touch its state.\n"
    if not template.needs:
        return "None.\n"
    return "```text needs\n" + "".join(f"{need}\n" for need in template.needs) + "```\n"


def _commands(template: NfTemplate) -> str:
    spec, name = spec_of(template), template.name
    text = spec.read_text(encoding="utf-8")
    ports = [found[1] for role in template.roles if (found := re.search(rf"\b{role} ([A-Z]\w*)", text))]
    captures = " ".join(f"{port}={port.lower()}.pcap" for port in ports)
    return (
        "```sh\n"
        f"rssc synth {spec.name} --target nf --out {name}\n"
        f"make -C {name}\n"
        f"make -C {name} replay-check\n"
        f"{name}/{name}-replay --cores 4 {captures} -o verdicts.txt --packets-out sent\n"
        f"{name}/{name} -l 0-3 -a 0000:01:00.0 -a 0000:01:00.1\n"
        "```\n"
    )


def _plot(template: NfTemplate) -> str:
    plot = PAGES / "plots" / f"{template.name}.svg"
    title = re.search(r"<title[^>]*>(.*)</title>", plot.read_text(encoding="utf-8"))
    return f"![{title[1] if title else template.name}](plots/{plot.name})\n"


def _overview() -> str:
    head = "| function | ports | what it does | shardable by | strategies |\n|---|---|---|---|---|\n"
    return head + "".join(_line(template) for template in nf_templates().values())


def _line(template: NfTemplate) -> str:
    text = spec_of(template).read_text(encoding="utf-8")
    shares = re.search(r"\bstrategy locks\b", text) is not None
    needs = "<br>".join(f"`{need}`" for need in template.needs) or "anything"
    roles = ", ".join(f"`{role}`" for role in template.roles)
    by = "nothing: no keys serve" if shares else needs
    strategies = "`locks`, `tm`" if shares else "all; `shared-nothing` is best"
    return f"| [{template.name}]({template.name}.md) | {roles} | {template.summary} | {by} | {strategies} |\n"


def main() -> None:
    """Every page there is."""
    for name, template in [("README", None), *nf_templates().items()]:
        if page(name).is_file():
            text = refreshed(page(name).read_text(encoding="utf-8"), template)
            page(name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
