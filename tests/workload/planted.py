"""The planted bugs, and for each the kind of workload that is likely to meet it. No profile is a script: sessions go on
drawing from their seed, but where a bug needs a crash at the wrong moment, there are many crashes."""

import dataclasses

from kinds import KINDS
from profiles import Profile

# A table that is emptied is right again, whatever was missed before.
IMAGED = tuple(k.name for k in KINDS.values() if k.imaged and k.name != "truncate")
CALM = {"by_itself": 0, "copy_in": 0, "two_phase": 0, "cursor": 0, "prepared_in_sql": 0, "names": 0, "settings": 0,
        "chained": 0, "block_in_script": 0}


def profile(**chosen):
    # Where nothing is ever marked no heal can mend what the bug has done.
    usual = Profile(kinds=IMAGED, shapes=dict(CALM), tables=0, cancels=0.01, disconnects=0.01, transactions=80)
    return dataclasses.replace(usual, **chosen)


def with_shapes(**weights):
    return {**CALM, **weights}


WRITES = ("insert", "upsert", "update", "update_by_parameter", "delete")
# Heals race many writes of few tables, whose rows are written too seldom to hide what a wrong heal did to them.
HEALED = {"hot": 0, "keys": 6000, "heals": True, "sessions": 8, "transactions": 250,
          "kinds": ("update", "update_by_parameter", "upsert"), "shapes": with_shapes(several_ahead=10)}
# Commits that wait for locks to see whether they fail.
DOUBTED = {"tables": ("uniq",), "unique": False, "hot": 1, "sessions": 8, "kinds": ("refer_later", "insert", "delete"),
           "trouble": ("backend",) * 30}

BUGS = {
    "record_after_commit": profile(kinds=WRITES, trouble=("kill",) * 4, healer_off=True),
    "doubt_taken_as_commit": profile(**DOUBTED),
    "heal_without_wait": profile(**HEALED, slow_commits=True),
    "heal_keeps_touched_keys": profile(**HEALED),
    "mark_ripe_at_once": profile(shapes=with_shapes(copy_in=8), keys=1000, hot=0, sessions=3, dawdle=0.3, transactions=40),
    "hwm_outside_transaction": profile(kinds=WRITES, sessions=8, keys=200, trouble=("kill", "target_crash") * 3),
    "savepoint_kept": profile(kinds=WRITES, transactions=40),
    "names_asked_once": profile(shapes=with_shapes(names=6), transactions=40),
    "function_taken_for_harmless": profile(kinds=(*IMAGED, "function"), healer_off=True, transactions=40),
    "key_change_as_upsert": profile(kinds=("update", "key_change"), keys=200, hot=0.1, transactions=40),
    "notes_not_read": profile(kinds=(*WRITES, "parts"), transactions=40),
    "failed_commit_published": profile(kinds=(*WRITES, "refer_later", "hand_over_later"), transactions=40),
    "first_image_wins": profile(kinds=WRITES),
    "pipelined_commit_not_held": profile(kinds=WRITES, shapes=with_shapes(several_ahead=6), transactions=40),
    "published_before_flush": profile(kinds=WRITES, trouble=("legacy_crash",) * 3, async_commits=True),
}
ROUNDS = 6
