"""Files in the names of one language."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_rules.diagnostics.report import Reporter
from tuan_rules.naming.canonical import definitions_of, in_own_names
from tuan_rules.naming.rename import Translated
from tuan_rules.source import SourceFile
from tuan_rules.syntax.normalise import normalise
from tuan_rules.syntax.read import read_document
from tuan_rules.vocabulary import Vocabulary

#: The vocabulary's own names are English.
OWN_LOCALE = "en"


def translate(files: Sequence[SourceFile], vocabulary: Vocabulary, locale: str) -> list[SourceFile]:
    """The same rules with every name that has one in `locale` (`en`: the vocabulary's own) written so.

    Comments, texts and labels stay, and so do blocks that cannot be read, and a name that would be that of a condition or a loop. The
    files are those of one package, for conditions are named in one and used in another. Raises ValueError for a locale without
    names, and RuntimeError if the outcome should read differently, which is a fault of this function.
    """
    known = [OWN_LOCALE, *vocabulary.naming.locales]
    if locale not in known:
        raise ValueError(f"there are no names in {locale!r}, only in {', '.join(known)}")
    documents = [read_document(file, Reporter()) for file in files]
    definitions = definitions_of(documents, vocabulary)
    found: list[SourceFile] = []
    for file, document in zip(files, documents, strict=True):
        translated = Translated(vocabulary, definitions, locale, normalise(file, Reporter()).text)
        for block in document.blocks:
            translated.block(block)
        found.append(SourceFile(file.name, translated.apply(file.text)))
    after = [read_document(file, Reporter()) for file in found]
    if in_own_names(after, found, vocabulary)[0] != in_own_names(documents, files, vocabulary)[0]:
        raise RuntimeError(f"{files[0].name}: other names would change the rules; please report this file")
    return found
