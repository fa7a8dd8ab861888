"""All cases of statements that test_statements.py runs and docs/coverage.md and
coverage-names.md show."""

import hidden_code
import names
import names_of_relations
import names_of_roles
from statements import CASES, DEFERRED_CASES, DEFERRED_SCHEMA, ON_LEGACY, SCHEMA, Group

STATEMENTS = {
    "writers": Group("What else may write", SCHEMA, CASES, ON_LEGACY),
    "deferred": Group("Deferred triggers", DEFERRED_SCHEMA, DEFERRED_CASES),
    "hidden": hidden_code.GROUP,
}

NAMES = {**names.GROUPS, **names_of_roles.GROUPS, **names_of_relations.GROUPS}

GROUPS = {**STATEMENTS, **NAMES}
