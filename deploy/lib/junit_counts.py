"""Prints 'passed failed' of a JUnit file. Tests that did not run count as failed: every test here has to run."""

import sys
import xml.etree.ElementTree as ElementTree

passed = failed = 0
for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
    bad = case.get("status") in ("fail", "notrun", "disabled")
    bad = bad or any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
    passed, failed = (passed, failed + 1) if bad else (passed + 1, failed)
if passed + failed == 0:
    sys.exit("no test ran")
print(passed, failed)
