"""Runs the `test` blocks of a checked package; for tools, and for the engine before it publishes."""

from tuan_rules.testing.report import CaseResult, Mismatch, TestReport
from tuan_rules.testing.run import run_tests

__all__ = ["CaseResult", "Mismatch", "TestReport", "run_tests"]
