"""The whole check: files in, a typed package and diagnostics out."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_rules.checked import CheckedPackage, CheckResult
from tuan_rules.checking.asked import check_asked
from tuan_rules.checking.context import Context
from tuan_rules.checking.margins import check_margins
from tuan_rules.checking.names import check_blocks
from tuan_rules.checking.package import read_package
from tuan_rules.checking.price_rules import check_price_rules
from tuan_rules.checking.tests import check_tests
from tuan_rules.checking.together import check_exclusions, check_references, give_windows, run_lints
from tuan_rules.diagnostics.model import Severity
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.naming.canonical import in_own_names
from tuan_rules.source import SourceFile
from tuan_rules.syntax.canonical import ruleset_hash
from tuan_rules.syntax.nodes import Bad, Document
from tuan_rules.syntax.read import read_document
from tuan_rules.typing.infer import Typer
from tuan_rules.typing.scope import Definition, Scope
from tuan_rules.vocabulary import Vocabulary


def check(files: Sequence[SourceFile], vocabulary: Vocabulary) -> CheckResult:
    """Check the files of one package together. Never raises for what is in them.

    Raises ValueError when no file is given or two have the same name, which no rule text can cause.
    """
    sources = {file.name: file for file in files}
    if not files or len(sources) != len(files):
        raise ValueError("check needs at least one file, each with its own name")
    context = Context(Reporter(), vocabulary, sources)
    read = [read_document(file, context.report) for file in files]
    documents, context.report.spellings = in_own_names(read, files, vocabulary)
    head = read_package(documents, context)
    context.typer = _typer(documents, context)
    rest = [block for document in documents for block in document.blocks if block.kind != "package"]
    pairs = check_blocks(rest, None, context)
    check_references(documents, context)
    check_tests(documents, context)
    pairs = give_windows(pairs, context)
    check_exclusions(pairs, context)
    check_price_rules(pairs, context)
    check_asked(pairs, context)
    wrong = [d.span for d in context.report.sorted() if d.severity is Severity.ERROR]
    for block, schema in pairs:
        # A block with a mistake holds defaults in the place of wrong values: its lints would judge those.
        if not any(block.span.contains(span) for span in wrong):
            run_lints(block, schema, context)
    if not wrong:
        check_margins(pairs, context)
    diagnostics = context.report.sorted()
    judged = set(context.lints)
    lints = tuple(d for d in diagnostics if d.severity is not Severity.ERROR or d in judged)
    if context.report.has_errors:
        return CheckResult(None, diagnostics, lints)
    blocks = sorted((block for block, _ in pairs), key=lambda block: (block.kind, block.label))
    package = CheckedPackage(
        head.name, head.version, context.zone, context.currency, tuple(blocks), ruleset_hash(documents)
    )
    return CheckResult(package, diagnostics, lints)


def _typer(documents: Sequence[Document], context: Context) -> Typer | None:
    """Types expressions by the vocabulary's facts and the package's definitions; None where there are no facts."""
    vocabulary = context.vocabulary
    if not vocabulary.facts:
        return None
    definitions: dict[str, Definition] = {}
    for document in documents:
        for block in document.blocks:
            if block.kind != "define":
                continue
            expression = next((field.value for field in block.fields if field.name == "is"), None)
            if expression is not None:
                definitions.setdefault(block.label, Definition(block.label, expression, block.head_span))
        for broken in document.broken:
            if broken.kind == "define":
                # Reported already; who uses it is not to blame.
                definitions.setdefault(
                    broken.label, Definition(broken.label, Bad(broken.span), broken.span, failed=True)
                )
    scope = Scope(vocabulary.facts, definitions, events=vocabulary.events, predicates=vocabulary.predicates)
    return Typer(context, scope)
