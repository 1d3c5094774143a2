"""The promises of PROTOCOL 9, held by arbitrary acts, times and outages over small and odd terms.

One expiry is folded three times over the same acts. `eager` is told of every second that passes, `sleepy` now and
then, `quiet` never. Every act is sent to all three, taken or refused:

    1  conservation: what was staked and the reward = payouts + treasury + stake changes
    2  nobody forfeits more than they staked, and no stake that agrees with a judged price loses
    3  winner's gain: after a fill that the second argument of `required` decided, the right stake is twice the
       forfeits, and the right ones share exactly the forfeits less the fee
    4  the three folds refuse, report and end the same
    5  FINAL within T_max of `Opened` and outages, but for the RULING that stays open
    7  a released pledge returns whole
    8  folding the taken acts once more gives the same

Besides: a refused act changes nothing but `judged_at`, an open claim is never over-full, rounds are bounded, and every
edge taken is one of the table, and no expiry ends outside of the bounds that were foretold at any moment of its life
(protocol/horizon.py). Promise 6 is in test_arithmetic.py. HYPOTHESIS_PROFILE=long looks for much longer.
"""

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from protocol.acts import Act, Commit, Opened, Outage, Pledge, Refusal, Report, Reveal, Ruling
from protocol.arithmetic import agree, forfeit, required
from protocol.horizon import Horizon, Unbounded, horizon
from protocol.payouts import settle
from protocol.record import MemoryRecord
from protocol.resolution import Event, Judgement, Moved, Released, State, candidates, judge, pass_time
from protocol.stages import TRANSITIONS, DecidedBy, Stage, Trigger
from protocol.terms import PPM, Index, Terms

ACCOUNTS = ["ann", "bea", "cyd", "dot"]
EXPIRY_AT = 1_000
Draw = Callable[[st.SearchStrategy[Any]], Any]
ends = st.sampled_from
accounts = ends(ACCOUNTS)
prices = ends([1_000] * 2 + [900, 950, 980, 990, 995, 999, 1_001, 1_005, 1_010, 1_050, 1_100, 2_000])
odd_prices = st.one_of(prices, st.integers(1, 2_500))
amounts = st.one_of(st.integers(1, 60), st.just(10**6))
windows = st.integers(1, 40)


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    tolerance = draw(ends([0, 1_000, 5_000, 20_000, 100_000]))
    floor = draw(st.integers(1, 30))
    slash_end = PPM // 3
    terms = Terms(
        report_delay=draw(st.integers(0, 3)),
        report_window=draw(windows),
        min_reports=draw(st.integers(1, 3)),
        min_report_stake=draw(st.integers(1, 40)),
        report_extensions=draw(st.integers(0, 2)),
        min_report_bond=draw(st.integers(1, 3)),
        max_report_bond=draw(st.integers(3, 50)),
        tolerance_ppm=tolerance,
        full_forfeit_ppm=draw(st.one_of(st.integers(tolerance + 1, 200_000), st.just(PPM))),
        challenge_window=draw(windows),
        min_challenge_bond=floor,
        min_pledge=draw(st.integers(1, floor)),
        arbitration_bond=draw(st.one_of(st.integers(floor, floor * 4), st.integers(floor, floor * 1_000))),
        commit_window=draw(windows),
        reveal_window=draw(windows),
        vote_quorum_ppm=draw(ends([0, 300_000, 700_000, PPM])),
        vote_agreement_ppm=draw(ends([0, 500_000, 650_000, PPM])),
        vote_retries=draw(st.integers(0, 2)),
        ruling_window=draw(windows),
        fee_ppm=draw(ends([0, 200_000, 333_333, PPM])),
        voter_share_ppm=draw(ends([0, 500_000, PPM])),
        wrong_slash_ppm=draw(st.integers(0, slash_end)),
        unrevealed_slash_ppm=draw(st.integers(0, slash_end)),
        absent_slash_ppm=draw(st.integers(0, slash_end)),
        value_bond_ppm=draw(ends([0, 5_000, PPM])),
    )
    assert terms.problems() == []
    return terms


@dataclass
class Fold:
    """One fold of the expiry and all the events that it gave."""

    state: State
    record: MemoryRecord
    events: list[Event] = field(default_factory=list)

    def pass_time(self, now: int) -> list[Event]:
        events = pass_time(self.state, self.record, now)
        self.events += events
        return events

    def judge(self, act: Act) -> Judgement:
        verdict = judge(self.state, self.record, act)
        self.events += verdict.events
        return verdict


class Promises(RuleBasedStateMachine):
    """An expiry, everybody around it, and what they may rely on."""

    @initialize(
        terms=some_terms(),
        tick=ends([1, 1, 5]),
        electorate=st.one_of(
            st.dictionaries(accounts, st.integers(0, 200)),
            st.fixed_dictionaries({account: st.integers(1, 9) for account in ACCOUNTS}),
        ),
        data=st.data(),
    )
    def list_expiry(self, terms: Terms, tick: int, electorate: dict[str, int], data: st.DataObject) -> None:
        self.members = electorate
        self.listed = (Index(1, 2_000, tick), terms, EXPIRY_AT)
        self.eager, self.sleepy, self.quiet = self.new_fold(), self.new_fold(), self.new_fold()
        self.now = EXPIRY_AT - 2
        self.taken: list[Act] = []
        self.staked: Counter[str] = Counter()
        self.opened_at: int | None = None
        self.outages = 0
        self.foretold: list[tuple[Horizon, int]] = []
        self.half_gain_at: int | None = None
        self.votes: dict[tuple[int, str], int] = {}
        for prepare in [self.open, self.report][: data.draw(ends([0, 1, 2, 2, 2]))]:
            prepare(data.draw)

    def new_fold(self) -> Fold:
        members = self.members
        return Fold(State(*self.listed), MemoryRecord(lambda at: members))

    @property
    def stage(self) -> Stage:
        return self.eager.state.stage

    # ------------------------------------------------------------ everybody's acts

    @rule(data=st.data())
    def an_act(self, data: st.DataObject) -> None:
        self.act(data)

    @rule(data=st.data())
    def another_act(self, data: st.DataObject) -> None:
        """Twice, since Hypothesis switches rules off at random, and without acts little happens."""
        self.act(data)

    def act(self, data: st.DataObject) -> None:
        """Something that the running stage may take."""
        acts = {
            Stage.SCHEDULED: self.open, Stage.REPORTING: self.report, Stage.CHALLENGE: self.pledge,
            Stage.COMMIT: self.commit, Stage.REVEAL: self.reveal, Stage.RULING: self.rule_,
        }
        acts.get(self.stage, self.wait_a_little)(data.draw)

    def open(self, draw: Draw) -> None:
        self.wait_until(max(self.now, self.eager.state.opens_at + draw(ends([0, 0, 0, 3, -1]))))
        value = draw(ends([0, 0, 7, 100]))
        self.send(Opened(self.now, value, draw(st.integers(0, 50))))

    def report(self, draw: Draw) -> None:
        terms = self.eager.state.terms
        for account in draw(st.lists(accounts, min_size=1, max_size=4, unique=True)):
            bond = draw(st.integers(terms.min_report_bond, terms.max_report_bond))
            self.send(Report(self.now, account, draw(prices), bond))

    def pledge(self, draw: Draw) -> None:
        for price in draw(st.lists(prices, min_size=1, max_size=4)):
            round_ = self.eager.state.round + 1 + draw(ends([0] * 9 + [1, -1]))
            until = draw(ends([None, None, None, self.now, self.now - 1]))
            self.send(Pledge(self.now, draw(accounts), round_, price, draw(amounts), until))

    def commit(self, draw: Draw) -> None:
        believed = draw(prices)
        for account in draw(st.lists(accounts, min_size=1, max_size=4)):
            ballot = self.eager.state.ballot + draw(ends([0] * 9 + [1]))
            price = draw(ends([believed] * 5 + [1_000, 1_100]))
            if self.send(Commit(self.now, account, ballot, str(price))) is None:
                self.votes[ballot, account] = price

    def reveal(self, draw: Draw) -> None:
        voters = [account for ballot, account in self.votes if ballot == self.eager.state.ballot]
        for account in [*draw(st.permutations(voters)), draw(accounts)][draw(ends([0, 0, 1])):]:
            ballot = self.eager.state.ballot
            price = self.votes.get((ballot, account), 1_000) + draw(ends([0] * 9 + [5]))
            self.send(Reveal(self.now, account, ballot, price, str(price)))

    def rule_(self, draw: Draw) -> None:
        allowed = sorted(candidates(self.eager.state, self.eager.record))
        self.send(Ruling(self.now, draw(ends(allowed) if allowed and draw(st.booleans()) else prices)))

    def wait_a_little(self, draw: Draw) -> None:
        self.wait_until(self.now + draw(st.integers(1, 5)))

    @rule(
        late=ends([0, 0, 0, 1, 5]), kind=st.integers(0, 6), account=accounts, price=odd_prices, amount=amounts,
        number=st.integers(0, 3),
    )
    def stray(self, late: int, kind: int, account: str, price: int, amount: int, number: int) -> None:
        """An act in any stage; some are older than the last one judged."""
        at = self.now - late if self.eager.state.judged_at > self.now - late else self.now
        self.send([
            Opened(at, amount, amount), Report(at, account, price, amount), Ruling(at, price),
            Pledge(at, account, number, price, amount), Commit(at, account, number, str(price)),
            Reveal(at, account, number, price, str(price)), Outage(at, at),
        ][kind])

    # ------------------------------------------------------------ time

    @rule(seconds=st.integers(1, 4), tell_the_sleepy=st.booleans())
    def wait(self, seconds: int, tell_the_sleepy: bool) -> None:
        self.wait_until(self.now + seconds)
        if tell_the_sleepy:
            self.sleepy.pass_time(self.now)

    @precondition(lambda self: self.eager.state.deadline is not None)
    @rule(after=ends([-1, 0, 0, 1, 50]))
    def wait_for_the_deadline(self, after: int) -> None:
        self.wait_until(max(self.now, self.eager.state.deadline + after))

    @rule(length=st.integers(1, 20), older=ends([None, None, None, 1, 5]))
    def outage(self, length: int, older: int | None) -> None:
        """Nobody acts and nobody is told of time: the first to hear of it is the outage itself."""
        if older is not None:
            assert self.send(Outage(self.eager.state.judged_at - older, self.now)) is not None
            return
        before = self.stage
        self.now += length
        if self.send(Outage(self.now - length, self.now)) is None and before is not Stage.SCHEDULED:
            self.outages += length

    def wait_until(self, now: int) -> None:
        self.now = now
        self.follow(self.eager.pass_time(now), Trigger.DEADLINE)

    # ------------------------------------------------------------ what must hold of each act

    def send(self, act: Act) -> Refusal | None:
        before = copy.deepcopy(self.eager)
        verdict = self.eager.judge(act)
        assert verdict.refusal == self.sleepy.judge(act).refusal == self.quiet.judge(act).refusal
        if verdict.refusal is not None:
            assert verdict.events == []
            assert replace(self.eager.state, judged_at=0) == replace(before.state, judged_at=0)
            assert self.eager.record == before.record
            return verdict.refusal
        self.taken.append(act)
        if isinstance(act, Opened):
            self.opened_at = act.at
        self.follow(verdict.events, Trigger.ACT)
        if verdict.staked:
            self.staked[act.account] += verdict.staked  # type: ignore[union-attr]
        if isinstance(act, Pledge):
            self.watch_fill(act, before)
        return None

    def follow(self, events: list[Event], trigger: Trigger) -> None:
        """Every move is an edge of the table, from where the last one ended."""
        moves = [each for each in self.eager.events if isinstance(each, Moved)]
        new = [each for each in events if isinstance(each, Moved)]
        stage = Stage.SCHEDULED
        for number, move in enumerate(moves):
            is_new = number >= len(moves) - len(new)
            fitting = {
                edge.target for edge in TRANSITIONS
                if (edge.letter, edge.source) == (move.edge, stage) and (not is_new or edge.trigger is trigger)
            }
            assert len(fitting) == 1, (move, stage)
            stage = fitting.pop()
        assert stage is self.stage

    def watch_fill(self, act: Pledge, before: Fold) -> None:
        """Promise 3, at the moment of the fill."""
        terms, round_ = before.state.terms, before.state.round
        bond = required(act.price, before.record.stakes(), round_, terms)
        if self.eager.state.round == round_:
            return
        stakes = self.eager.record.stakes()
        decided = terms.min_challenge_bond << round_ < bond < terms.arbitration_bond
        self.half_gain_at = act.price if decided else None
        assert sum(s.amount for s in stakes) == sum(s.amount for s in before.record.stakes()) + bond
        if decided:
            right = sum(s.amount for s in stakes if agree(s.price, act.price, terms.tolerance_ppm))
            assert right == 2 * sum(forfeit(s, act.price, terms) for s in stakes)

    @invariant()
    def open_claims_have_room(self) -> None:
        state, record = self.eager.state, self.eager.record
        for claim in record.open_claims():
            assert 0 < claim.pledged < required(claim.price, record.stakes(), state.round, state.terms)
            assert not agree(claim.price, state.standing, state.terms.tolerance_ppm)
        assert state.stage is Stage.CHALLENGE or not record.open_claims()

    @invariant()
    def rounds_are_bounded(self) -> None:
        assert self.eager.state.round <= most_rounds(self.eager.state.terms)
        assert self.eager.state.ballot <= self.eager.state.terms.ballots

    @invariant()
    def the_end_is_foretold(self) -> None:
        """As of now; what is found is compared with how it ended."""
        if not hasattr(self, "listed"):
            return
        state = self.eager.state
        revealed = bool(state.ballot and self.eager.record.votes(state.ballot))
        found = horizon(state, now=self.now, voters=any(self.members.values()), revealed=revealed)
        assert found.latest is None or found.earliest <= found.latest
        assert found.undisputed is None or found.undisputed >= found.earliest
        self.foretold.append((found, self.outages))

    # ------------------------------------------------------------ what must hold in the end

    def teardown(self) -> None:
        if not hasattr(self, "listed"):
            return
        end = self.now
        if self.opened_at is not None:
            bound = self.opened_at + longest(self.eager.state.terms) + self.outages
            end = max(end, bound)
            self.wait_until(end)
            self.in_time(bound)
        again = self.new_fold()
        assert [again.judge(act).refusal for act in self.taken] == [None] * len(self.taken)
        for fold in (self.sleepy, self.quiet, again):
            fold.pass_time(end)
            assert replace(fold.state, judged_at=0) == replace(self.eager.state, judged_at=0)
            assert fold.events == self.eager.events
            assert fold.record.stakes() == self.eager.record.stakes()
        if self.stage is Stage.FINAL:
            event(f"decided by {self.eager.state.decided_by}")
            self.ended_as_foretold()
            outcomes = [settle(fold.state, fold.record) for fold in (self.eager, self.sleepy, self.quiet, again)]
            assert all(outcome == outcomes[0] for outcome in outcomes)
            self.money(outcomes[0])
        event(f"ended in {self.stage}, round {self.eager.state.round}, ballot {self.eager.state.ballot}")

    def ended_as_foretold(self) -> None:
        """Never before the earliest time; not after the latest, but for later outages and where that was said."""
        state = self.eager.state
        for found, outages in self.foretold:
            assert state.final_at is not None
            assert state.final_at >= found.earliest
            may_rule = state.decided_by is DecidedBy.RULING or found.unbounded is Unbounded.OPENING_WAITS
            if found.unbounded is None or not may_rule:
                assert found.latest is not None
                assert state.final_at <= found.latest + self.outages - outages

    def in_time(self, bound: int) -> None:
        """Promise 5."""
        state = self.eager.state
        stays_open = state.best_ballot_price is None and (
            state.stage is Stage.RULING or state.decided_by is DecidedBy.RULING
        )
        if not stays_open:
            assert state.stage is Stage.FINAL
            assert state.final_at <= bound
        assert state.stage is Stage.FINAL or state.deadline is None

    def money(self, outcome: Any) -> None:
        """Promises 1, 2, 3 and 7, worked out anew from the stakes and what was locked."""
        state, stakes = self.eager.state, self.eager.record.stakes()
        terms, price = state.terms, state.price
        released: Counter[str] = Counter()
        for each in self.eager.events:
            if isinstance(each, Released):
                released[each.account] += each.amount
        assert self.staked == total_of(stakes) + released
        went = sum(outcome.payouts.values()) + outcome.treasury + sum(outcome.stake_changes.values())
        assert went == sum(self.staked.values()) + state.reward
        assert set(outcome.payouts) == set(self.staked)
        members = {who: stake for who, stake in self.members.items() if stake} if state.ballot else {}
        assert set(outcome.stake_changes) == set(members)
        assert all(members[who] + change >= 0 for who, change in outcome.stake_changes.items())

        right = [s for s in stakes if agree(s.price, price, terms.tolerance_ppm)]
        judged = bool(right) and state.decided_by in (DecidedBy.SILENCE, DecidedBy.VOTE)
        kept = Counter(released)
        for stake in stakes:
            loss = forfeit(stake, price, terms)
            kept[stake.account] += stake.amount - (loss if judged else loss * terms.fee_ppm // PPM)
        if not judged:
            assert Counter(outcome.payouts) == kept
            return
        assert all(outcome.payouts[who] >= amount for who, amount in kept.items())
        forfeits = sum(forfeit(stake, price, terms) for stake in stakes)
        gains = forfeits - forfeits * terms.fee_ppm // PPM
        if any(not stake.is_pledge for stake in right):
            gains += state.reward
        assert sum(outcome.payouts.values()) == sum(kept.values()) + gains
        for who in self.staked:
            if not any(stake.account == who for stake in right):
                assert outcome.payouts[who] == kept[who]
        if price == self.half_gain_at:
            event("a winner gained half less the fee")
            assert 2 * forfeits == sum(stake.amount for stake in right)


def total_of(stakes: Any) -> Counter[str]:
    totals: Counter[str] = Counter()
    for stake in stakes:
        totals[stake.account] += stake.amount
    return totals


def most_rounds(terms: Terms) -> int:
    """1 + ceil(log2(arbitration_bond / min_challenge_bond)), in integers."""
    rounds = 0
    while terms.min_challenge_bond << rounds < terms.arbitration_bond:
        rounds += 1
    return 1 + rounds


def longest(terms: Terms) -> int:
    """T_max of promise 5, in seconds, without outages."""
    return (
        terms.report_window * (1 + terms.report_extensions)
        + (most_rounds(terms) + 1) * terms.challenge_window
        + terms.ballots * (terms.commit_window + terms.reveal_window)
        + terms.ruling_window
    )


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=8 * settings.default.max_examples)
