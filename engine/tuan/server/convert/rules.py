"""Rule files, rulesets and diagnostics."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import InvalidValue
from tuan.domain.ruleset import Stage
from tuan.ports import RuleFile, Ruleset
from tuan.server.convert.instant import optional_timestamp, timestamp
from tuan_api.v1 import diagnostic_pb2, ruleset_pb2
from tuan_rules import Diagnostic, Severity, Span

TEXT_BYTES_MAX = 65_536
DIAGNOSTICS_MAX = 1_000
LANGUAGES = ("en", "zh")

STATES: dict[int, Stage] = {ruleset_pb2.RulesetState.Value(f"RULESET_STATE_{stage.name}"): stage for stage in Stage}
_NUMBERS = {stage: ruleset_pb2.RulesetState.Value(f"RULESET_STATE_{stage.name}") for stage in Stage}
_SEVERITIES = {severity: diagnostic_pb2.Severity.Value(f"SEVERITY_{severity.name}") for severity in Severity}


def rule_files(files: Sequence[ruleset_pb2.RuleFile]) -> tuple[RuleFile, ...]:
    """Number and names are checked by the use case."""
    for index, file in enumerate(files):
        if not file.text:
            raise InvalidValue(f"files[{index}].text", "is missing; send the text of the file")
        if (size := len(file.text.encode())) > TEXT_BYTES_MAX:
            raise InvalidValue(
                f"files[{index}].text", f"{size} bytes; split the file, each part at most {TEXT_BYTES_MAX}"
            )
    return tuple(RuleFile(file.name, file.text) for file in files)


def ruleset(item: Ruleset, with_files: bool = False) -> ruleset_pb2.Ruleset:
    files = item.files if with_files else ()
    return ruleset_pb2.Ruleset(
        ruleset_hash=item.ruleset_hash,
        package=item.package,
        version=item.version,
        state=_NUMBERS[Stage(item.state)],
        publish_time=timestamp(item.publish_time_ms),
        files=[ruleset_pb2.RuleFile(name=file.name, text=file.text) for file in files],
        canary_percent=item.canary_percent,
        activate_time=optional_timestamp(item.activate_time_ms),
    )


def language(value: str) -> str:
    """Raises InvalidValue for a language that there are no texts in."""
    if value and value not in LANGUAGES:
        raise InvalidValue("language", f"{value[:16]!r}; send one of {', '.join(LANGUAGES)}, or leave it out for en")
    return value or "en"


def diagnostics(found: Sequence[Diagnostic], lang: str) -> list[diagnostic_pb2.Diagnostic]:
    """At most 1,000, with their messages in `lang`."""
    return [_diagnostic(item, lang) for item in found[:DIAGNOSTICS_MAX]]


def _diagnostic(item: Diagnostic, lang: str) -> diagnostic_pb2.Diagnostic:
    fix = None
    if item.fix is not None:
        write, remove = ("改为", "删除") if lang == "zh" else ("write", "remove it")
        title = f"{write} `{item.fix.replacement}`" if item.fix.replacement else remove
        fix = diagnostic_pb2.Fix(title=title, span=_span(item.fix.span), replacement=item.fix.replacement)
    return diagnostic_pb2.Diagnostic(
        code=item.code,
        severity=_SEVERITIES[item.severity],
        message=item.message(lang),
        span=_span(item.span),
        related=[
            diagnostic_pb2.RelatedSpan(span=_span(other.span), message=other.message(lang)) for other in item.secondary
        ],
        fix=fix,
    )


def _span(span: Span) -> diagnostic_pb2.Span:
    return diagnostic_pb2.Span(
        file=span.file,
        start_line=span.line,
        start_column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
    )
