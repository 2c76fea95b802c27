"""The `gate` block: what refuses an order before anything else."""

from __future__ import annotations

from tuan_rules.schema import ENUM, PREDICATE, TEXT, WINDOW, BlockSchema, Field

GATE = BlockSchema(
    "gate",
    "What refuses an order before it is priced, with words for the buyer.",
    (
        Field("on", PREDICATE, "the lines that it is about; left out: all", example='line.category under "fresh"'),
        Field("when", PREDICATE, "what must hold", required=True, example='buyer.region == "HK"'),
        Field(
            "message",
            TEXT,
            "what the buyer is told",
            required=True,
            example='{ zh: "该地区暂不配送", en: "We do not deliver there" }',
        ),
        Field("code", TEXT, "a short name of the reason, for programs", required=True, example='"G-101"'),
        Field(
            "missing",
            ENUM("refuse", "pass").also("zh", refuse="拒绝", **{"pass": "放行"}),
            "what happens where a fact is missing that it asks for",
            default="refuse",
            example="refuse",
        ),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
    ),
    example='gate "no-fresh-abroad" {\n  on = line.category under "fresh"  when = (buyer.region ?? "") in ["HK", "MO"]\n'
    '  message = { zh: "该地区暂不配送", en: "We do not deliver there" }  code = "G-101"\n}',
)
