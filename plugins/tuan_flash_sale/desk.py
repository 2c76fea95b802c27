"""The ticket desk: who gets a ticket, who has to solve a challenge first, who is turned away. Knows nothing of gRPC."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from tuan.plugin import Attempt, Challenge, Host, Puzzle, Reason, Refusal, RefusalKind, TuanError
from tuan_flash_sale.board import Phase
from tuan_flash_sale.live_sessions import Session
from tuan_flash_sale.often import Often
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.ticket import Ticket, Tickets

CHALLENGE = "proof_of_work"
#: Long enough to choose an address and press the button again, short enough that tickets are not worth collecting.
TICKET_MS = 15 * 60_000
ANSWERS_KEPT_MAX = 100_000


class Wanted(Struct, frozen=True, gc=False):
    """A request for a ticket. `answer` and `token` empty: no challenge was solved."""

    caller: str
    request_id: str
    activity_id: str
    buyer: str
    device: str
    token: str = ""
    answer: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who asks, for the count: the buyer, and the device where it is known."""
        buyer = f"{self.activity_id}\0b\0{self.caller}\0{self.buyer}"
        return (buyer, f"{self.activity_id}\0d\0{self.device}") if self.device else (buyer,)


class Given(Struct, frozen=True, gc=False):
    """Exactly one of ticket and refusal; `puzzle` goes with CHALLENGE_REQUIRED."""

    ticket: str = ""
    expire_time_ms: int = 0
    refusal: Refusal | None = None
    puzzle: Puzzle | None = None


#: A wrong answer to the challenge is CHALLENGE_FAILED, a request id that was used for something else REQUEST_ID_REUSED.
Answer = Given | TuanError


class Desk:
    def __init__(self, host: Host, tickets: Tickets) -> None:
        self._host = host
        self._tickets = tickets
        self._often = Often()
        self._given: OrderedDict[tuple[str, str], tuple[Wanted, Given]] = OrderedDict()

    async def tickets(self, wanted: Sequence[Wanted], sessions: Mapping[str, Session | TuanError]) -> list[Answer]:
        """One answer each, in order, as if each had come alone, one after the other. `sessions`: by activity id, or why not."""
        closed = {activity_id: self._closed(session) for activity_id, session in sessions.items()}
        known = [self._answered_before(item) or closed[item.activity_id] for item in wanted]
        unknown = [item for item, answer in zip(wanted, known, strict=True) if answer is None]
        verdicts = iter(await self._verdicts(unknown))
        now_ms = self._host.clock.now_ms()
        return [
            self._decide(item, sessions[item.activity_id], next(verdicts), now_ms) if answer is None else answer
            for item, answer in zip(wanted, known, strict=True)
        ]

    async def puzzle(self, wanted: Wanted, sale: Sale) -> Puzzle | None:
        """What this buyer would have to solve for a ticket now; None when nothing."""
        if not sale.ticket:
            return None
        judged = False
        if sale.challenge == "when_suspicious":
            [verdict] = await self._verdicts([wanted])
            if isinstance(verdict, TuanError):
                raise verdict
            judged = verdict is not None and verdict.kind is RefusalKind.CHALLENGE_REQUIRED
        now_ms = self._host.clock.now_ms()
        return self._puzzle(wanted, now_ms) if self._suspects(wanted.subjects, sale, judged, now_ms) else None

    async def _verdicts(self, wanted: Sequence[Wanted]) -> Sequence[Refusal | TuanError | None]:
        if not wanted:
            return ()
        now_ms = self._host.clock.now_ms()
        return await self._host.judge_many(
            [Attempt("", item.caller, item.buyer, item.device, "", "", "", "", now_ms, ()) for item in wanted]
        )

    def _decide(
        self, wanted: Wanted, session: Session | TuanError, verdict: Refusal | TuanError | None, now_ms: int
    ) -> Answer:
        if isinstance(session, TuanError):
            return session
        if isinstance(verdict, TuanError):
            return verdict
        # The same request may have been answered meanwhile, or earlier in this very batch.
        before = self._answered_before(wanted)
        if before is not None:
            return before
        if verdict is not None and verdict.kind is not RefusalKind.CHALLENGE_REQUIRED:
            return Given(refusal=verdict)
        try:
            return self._serve(wanted, session, verdict is not None, now_ms)
        except TuanError as error:
            return error

    def _serve(self, wanted: Wanted, session: Session, judged: bool, now_ms: int) -> Given:
        activity, subjects = session.activity, wanted.subjects
        solved = self._solved(wanted, now_ms)
        if not solved and self._suspects(subjects, session.sale, judged, now_ms):
            refusal = Refusal(RefusalKind.CHALLENGE_REQUIRED, "solve the challenge, then ask again with the answer")
            return Given(refusal=refusal, puzzle=self._puzzle(wanted, now_ms))
        self._often.note(subjects, now_ms)
        expire_time_ms = min(activity.end_time_ms, max(now_ms, activity.start_time_ms) + TICKET_MS)
        text = self._tickets.issue(Ticket(expire_time_ms, solved), activity.activity_id, wanted.buyer, wanted.device)
        return self._keep(wanted, Given(text, expire_time_ms))

    def _closed(self, session: Session | TuanError) -> Answer | None:
        """What everybody hears who wants a ticket of this session now; None while it hands some out."""
        if isinstance(session, TuanError):
            return session
        match session.view.phase:
            case Phase.SCHEDULED:
                message, opens_ms = "tickets can be had from the warm-up time on", session.activity.start_time_ms
                return Given(refusal=Refusal(RefusalKind.NOT_OPEN_YET, message, open_time_ms=opens_ms))
            case Phase.ENDED:
                return Given(refusal=Refusal(RefusalKind.ENDED, "the sale is over"))
            case Phase.SOLD_OUT:
                sku = session.sale.skus[0]
                similar = self._host.similar(sku)
                return Given(
                    refusal=Refusal(RefusalKind.SOLD_OUT, "everything is sold or held", sku=sku, similar=similar)
                )
        return None

    def _suspects(self, subjects: Sequence[str], sale: Sale, judged: bool, now_ms: int) -> bool:
        match sale.challenge:
            case "always":
                return True
            case "when_suspicious":
                return judged or self._often.too_often(subjects, now_ms)
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

    def _answered_before(self, wanted: Wanted) -> Answer | None:
        """The first answer again: its challenge is used up, so the same request could not be granted a second time."""
        kept = self._given.get((wanted.caller, wanted.request_id))
        if kept is None:
            return None
        if kept[0] != wanted:
            message = f"request_id {wanted.request_id} was used before with another content; use a new one"
            return TuanError(Reason.REQUEST_ID_REUSED, message, request_id=wanted.request_id)
        return kept[1]

    def _keep(self, wanted: Wanted, given: Given) -> Given:
        self._given[wanted.caller, wanted.request_id] = (wanted, given)
        if len(self._given) > ANSWERS_KEPT_MAX:
            self._given.popitem(last=False)
        return given


def _subject(wanted: Wanted) -> str:
    return f"{wanted.buyer}\0{wanted.device}"
