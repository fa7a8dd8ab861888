"""What a round is made of, drawn from its seed: each round leaves some kinds out, so that what they would cover up shows."""

import dataclasses

from kinds import KINDS

HAND_OVERS = ("hand_over", "hand_over_later", "upsert_moves_key")
TROUBLE = ["kill", "terminate", "target_crash", "target_down", "legacy_crash", "all_crash", "backend"]


@dataclasses.dataclass
class Profile:
    sessions: int = 6
    transactions: int = 120      # of each session
    keys: int = 30               # rows that a table may have
    tables: int | tuple = 100    # how many are in play at most, or which; 0: only those of drawn types
    hot: float = 0.5             # share of choices that fall on the first rows
    cancels: float = 0.03        # share of transactions
    disconnects: float = 0.03
    kinds: tuple = tuple(KINDS)  # names of kinds that occur
    shapes: dict = dataclasses.field(default_factory=dict)  # name -> weight, where it is not the usual one
    trouble: tuple = ()          # what happens meanwhile, one after another
    heals: bool = False          # of whole tables and of single rows, all the time
    healer_off: bool = False     # differences have to lie under marks until the healer is there again
    chunk: str = "8MiB"          # of a transaction's changes; what is more leaves ahead of its record
    initial_heal: bool = False   # the target begins empty
    slow_commits: bool = False   # legacy takes some milliseconds between a commit's arrival and its effect
    async_commits: bool = False  # legacy may lose in a crash what it has acknowledged
    wait_for_locks: str = "2s"
    unmarked: bool = False       # nothing may be marked
    dawdle: float = 0.05         # seconds that a client takes at most before it sends what it copies
    unique: bool = True          # rows have unique values to hand over

    @property
    def options(self):
        return f"-c lock_timeout={self.wait_for_locks}" + (" -c synchronous_commit=off" if self.async_commits else "")

    @property
    def legacy_may_lose(self):
        return self.async_commits and any("crash" in t for t in self.trouble)


def drawn(random, healer_off=None):
    """As the seed will have it."""
    off = random.random() < 0.3 if healer_off is None else healer_off
    # Of the kinds that leave marks: the heals for them mend what something else has done, and the more tables are marked
    # the fewer are looked at.
    share = random.choice([0, 0.1] if off else [0, 0.75, 0.75])
    profile = Profile(
        sessions=random.choice([2, 6, 6, 8]),
        keys=random.choice([12, 30, 200]),
        tables=random.choice([100, 100, 5, 0]),
        hot=random.choice([0.5, 0.1]),
        cancels=random.choice([0, 0.03, 0.1]),
        disconnects=random.choice([0, 0.03, 0.1]),
        kinds=tuple(k.name for k in KINDS.values() if random.random() < (0.8 if k.imaged else share)),
        trouble=tuple(random.choices(TROUBLE, k=random.choice([0, 1, 3]))),
        chunk=random.choice(["8MiB", "200"]),
        healer_off=off,
        heals=not off and random.random() < 0.5,
        initial_heal=not off and random.random() < 0.3,
        slow_commits=random.random() < 0.3,
        async_commits=random.random() < 0.2)
    if off:
        # These mark every table.
        profile.shapes = {name: 0 for name in ("by_itself", "two_phase", "copy_in", "chained", "block_in_script", "cursor")}
        # A row that only a mark knows of keeps others out that have its unique value now, and nobody heals it.
        profile.unique = False
        profile.kinds = tuple(k for k in profile.kinds if k not in HAND_OVERS)
        profile.shapes["hand_over_in_block"] = 0
    if not {"update", "insert"} & set(profile.kinds):
        profile.kinds += ("update",)
    return profile
