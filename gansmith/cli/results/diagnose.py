"""`gansmith diagnose`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.cli.parser import Parser, to_stderr
from gansmith.cli.parts import add_parts, parts_of
from gansmith.ground.errors import counted

if TYPE_CHECKING:
    from gansmith.diagnosis.findings import Finding
    from gansmith.runs.diagnose import Diagnosis


def add_arguments(parser: Parser) -> None:
    """The options of `diagnose`."""
    parser.add_argument("run", type=Path, help="a run's folder (finished, killed, running), or a stats.jsonl")
    parser.add_argument("--recorded", action="store_true", help="do not probe the kept checkpoints afresh (faster)")
    add_parts(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what is wrong, the evidence, and what to change; and put it into the run's page."""
    from gansmith.ground.files.runfolder import RunFolder, append_row
    from gansmith.runs.diagnose import diagnose
    from gansmith.training.threads import take_free

    take_free(to_stderr)
    parts = parts_of(options, options.run)
    found = diagnose(options.run, say=to_stderr, recorded=options.recorded, parts=parts)
    folder = RunFolder(found.root)
    if options.json:
        print(json.dumps(found.as_dict(), indent=2))
        return 0
    print("\n".join(lines(found)))
    if folder.recipe.is_file():
        from gansmith.report import page

        if not folder.findings.exists():
            for update, finding in found.said:
                append_row(folder.findings, finding.as_row(update))
        print(f"report: {page.write_report(folder)}")
    return 0


def lines(found: Diagnosis) -> list[str]:
    """The diagnosis as text."""
    text = [f"{found.root} at update {found.update:,}, after {counted(found.looks, 'probe')} of its samples", ""]
    text += explained(found.leading)
    for finding in found.others:
        text += ["", "also:", *explained(finding)]
    text += ["", "how it went:"] if found.said or found.changes else [""]
    text += [f"  update {update:>7,}  {finding.state}" for update, finding in found.said]
    for change in found.changes:
        settings = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in change["change"].items())
        text.append(f"  at update {change['at']:,} it went back to update {change['back_to']:,} and changed {settings}")
    return text + [f"note: {remark}" for remark in found.remarks]


def explained(finding: Finding) -> list[str]:
    """One finding: state, text, evidence, remedies, picture."""
    since = f" since update {finding.since_update:,}" if finding.is_alarm else ""
    article = f" (the failure of article {finding.article})" if finding.article else ""
    text = [f"{finding.state.upper()}{since}{article}, {finding.certainty}", f"  {finding.text}"]
    if finding.evidence:
        text.append("  evidence   " + ", ".join(f"{name} {value:.4g}" for name, value in finding.evidence.items()))
    for index, remedy in enumerate(finding.remedy):
        text.append(f"  {'try first' if not index else 'then'}  ".ljust(13) + remedy.line())
    if finding.picture:
        text.append(f"  picture    {finding.picture}")
    return text
