"""Who presents next: pure, and nobody a second time before everybody did once."""

from dataclasses import dataclass, replace

from bot.errors import CommandError


@dataclass(frozen=True, slots=True)
class Rota:
    """Members in the order of their turns; `done` presented in this turn of the rota.

    Somebody in `done` may have left: should they come back in the same turn, they wait.
    """

    order: tuple[str, ...] = ()
    done: frozenset[str] = frozenset()

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those who present before anybody does again, next first."""
        left = tuple(each for each in self.order if each not in self.done)
        return left or self.order

    @property
    def next(self) -> str | None:
        """Who presents next; None where nobody is a member."""
        return self.waiting[0] if self.order else None

    def join(self, person: str) -> "Rota":
        """With one more member, last; raises CommandError for one who is there."""
        if person in self.order:
            raise CommandError("You are on the rota already. See it with, for example: club")
        return self._begun(replace(self, order=(*self.order, person)))

    def leave(self, person: str) -> "Rota":
        """Without a member; raises CommandError for who is none."""
        self._member(person)
        return replace(self, order=tuple(each for each in self.order if each != person))

    def take(self, person: str) -> "Rota":
        """With a person first, a new one too; raises CommandError where others go before."""
        rota = self if person in self.order else self.join(person)
        if person not in rota.waiting:
            raise CommandError(
                "You presented in this turn of the rota, so the others go first. "
                "For example: club history"
            )
        others = [each for each in rota.order if each != person]
        return rota._begun(replace(rota, order=(person, *others)))

    def skip(self, person: str) -> "Rota":
        """With a member behind the others who wait; raises CommandError where none does."""
        self._member(person)
        if person not in self.waiting:
            raise CommandError("You have no turn to skip just now. For example: club")
        if len(self.waiting) == 1:
            raise CommandError(
                "Nobody else is left in this turn of the rota. For example: club leave"
            )
        others = [each for each in self.order if each != person]
        return self._begun(replace(self, order=(*others, person)))

    def swap(self, person: str, other: str) -> "Rota":
        """With two members in each other's places; raises CommandError unless both wait."""
        self._member(person)
        if person == other:
            raise CommandError("That is you. For example: club skip")
        for each in (person, other):
            if each not in self.waiting:
                raise CommandError(
                    "Only turns that are still to come can be swapped. For example: club"
                )
        swapped = {person: other, other: person}
        order = tuple(swapped.get(each, each) for each in self.order)
        return self._begun(replace(self, order=order))

    def presented(self) -> "Rota":
        """After the next member presented."""
        if self.next is None:
            return self
        begun = self._begun(self)
        return replace(begun, done=begun.done | {self.next})

    def _begun(self, rota: "Rota") -> "Rota":
        """In a new turn, where everybody had presented in the last one."""
        over = bool(self.order) and self.done.issuperset(self.order)
        return replace(rota, done=frozenset()) if over else rota

    def _member(self, person: str) -> None:
        if person not in self.order:
            raise CommandError("You are not on the rota. Join it, for example: club join")
