"""The ticket desk: who gets a ticket, who has to solve a challenge first, who is turned away. Knows nothing of gRPC."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from tuan.plugin import Activity, Attempt, Challenge, Host, Puzzle, Reason, Refusal, RefusalKind, TuanError
from tuan_flash_sale.board import Phase, View
from tuan_flash_sale.often import Often
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.ticket import Ticket, Tickets

CHALLENGE = "proof_of_work"
#: Long enough to choose an address and press the button again, short enough that tickets are not worth collecting.
TICKET_MS = 15 * 60_000
ANSWERS_KEPT_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a ticket. `answer` and `token` empty: no challenge was solved."""

    caller: str
    request_id: str
    activity_id: str
    buyer: str
    device: str
    token: str
    answer: str

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who asks, for the count: the buyer, and the device where it is known."""
        buyer = f"{self.activity_id}\0b\0{self.caller}\0{self.buyer}"
        return (buyer, f"{self.activity_id}\0d\0{self.device}") if self.device else (buyer,)


@dataclass(frozen=True, slots=True)
class Given:
    """Exactly one of ticket and refusal; `puzzle` goes with CHALLENGE_REQUIRED."""

    ticket: str = ""
    expire_time_ms: int = 0
    refusal: Refusal | None = None
    puzzle: Puzzle | None = None


class Desk:
    def __init__(self, host: Host, tickets: Tickets) -> None:
        self._host = host
        self._tickets = tickets
        self._often = Often()
        self._given: OrderedDict[tuple[str, str], tuple[Wanted, Given]] = OrderedDict()

    async def ticket(self, wanted: Wanted, activity: Activity, sale: Sale, view: View) -> Given:
        """Raises CHALLENGE_FAILED for a wrong answer, REQUEST_ID_REUSED when the id was used for something else."""
        before = self._answered_before(wanted)
        if before is not None:
            return before
        refusal = self._closed(activity, sale, view)
        if refusal is not None:
            return Given(refusal=refusal)
        verdict = await self._verdict(wanted)
        if verdict is not None and verdict.kind is not RefusalKind.CHALLENGE_REQUIRED:
            return Given(refusal=verdict)
        now_ms = self._host.clock.now_ms()
        solved = self._solved(wanted, now_ms)
        if not solved and self._suspects(wanted, sale, verdict is not None, now_ms):
            refusal = Refusal(RefusalKind.CHALLENGE_REQUIRED, "solve the challenge, then ask again with the answer")
            return Given(refusal=refusal, puzzle=self._puzzle(wanted, now_ms))
        self._often.note(wanted.subjects, now_ms)
        expire_time_ms = min(activity.end_time_ms, max(now_ms, activity.start_time_ms) + TICKET_MS)
        text = self._tickets.issue(Ticket(expire_time_ms, solved), activity.activity_id, wanted.buyer, wanted.device)
        return self._keep(wanted, Given(text, expire_time_ms))

    async def puzzle(self, wanted: Wanted, sale: Sale) -> Puzzle | None:
        """What this buyer would have to solve for a ticket now; None when nothing."""
        if not sale.ticket:
            return None
        now_ms = self._host.clock.now_ms()
        verdict = await self._verdict(wanted) if sale.challenge == "when_suspicious" else None
        judged = verdict is not None and verdict.kind is RefusalKind.CHALLENGE_REQUIRED
        return self._puzzle(wanted, now_ms) if self._suspects(wanted, sale, judged, now_ms) else None

    def _closed(self, activity: Activity, sale: Sale, view: View) -> Refusal | None:
        match view.phase:
            case Phase.SCHEDULED:
                opens_ms = activity.start_time_ms
                return Refusal(
                    RefusalKind.NOT_OPEN_YET, "tickets can be had from the warm-up time on", open_time_ms=opens_ms
                )
            case Phase.ENDED:
                return Refusal(RefusalKind.ENDED, "the sale is over")
            case Phase.SOLD_OUT:
                sku = sale.skus[0]
                return Refusal(
                    RefusalKind.SOLD_OUT, "everything is sold or held", sku=sku, similar=self._host.similar(sku)
                )
        return None

    async def _verdict(self, wanted: Wanted) -> Refusal | None:
        return await self._host.judge(
            Attempt("", wanted.caller, wanted.buyer, wanted.device, "", "", "", "", self._host.clock.now_ms(), ())
        )

    def _suspects(self, wanted: Wanted, sale: Sale, judged: bool, now_ms: int) -> bool:
        match sale.challenge:
            case "always":
                return True
            case "when_suspicious":
                return judged or self._often.too_often(wanted.subjects, now_ms)
        return False

    def _solved(self, wanted: Wanted, now_ms: int) -> bool:
        if not wanted.answer:
            return False
        if not self._challenge().verify(_subject(wanted), wanted.activity_id, wanted.token, wanted.answer, now_ms):
            message = (
                "challenge_answer: wrong, late, used before or not for this buyer, device and session; solve a new one"
            )
            raise TuanError(Reason.CHALLENGE_FAILED, message, activity_id=wanted.activity_id)
        return True

    def _puzzle(self, wanted: Wanted, now_ms: int) -> Puzzle:
        return self._challenge().issue(_subject(wanted), wanted.activity_id, now_ms)

    def _challenge(self) -> Challenge:
        challenge = self._host.challenge(CHALLENGE)
        if challenge is None:
            # Fail closed: without the challenge a farm of machines would be let through.
            raise TuanError(Reason.PLUGIN_UNAVAILABLE, f"no challenge {CHALLENGE} is installed", plugin=CHALLENGE)
        return challenge

    def _answered_before(self, wanted: Wanted) -> Given | None:
        """The first answer again: its challenge is used up, so the same request could not be granted a second time."""
        kept = self._given.get((wanted.caller, wanted.request_id))
        if kept is None:
            return None
        if kept[0] != wanted:
            message = f"request_id {wanted.request_id} was used before with another content; use a new one"
            raise TuanError(Reason.REQUEST_ID_REUSED, message, request_id=wanted.request_id)
        return kept[1]

    def _keep(self, wanted: Wanted, given: Given) -> Given:
        self._given[wanted.caller, wanted.request_id] = (wanted, given)
        if len(self._given) > ANSWERS_KEPT_MAX:
            self._given.popitem(last=False)
        return given


def _subject(wanted: Wanted) -> str:
    return f"{wanted.buyer}\0{wanted.device}"
