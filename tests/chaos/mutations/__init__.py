"""Bugs to plant into a process under test, one per module: `FIGURES` that must show it, the `CAMPAIGN` that finds it, `plant()`.

Nothing of this is in the shipped code: `tests.chaos.mutant` imports one of these modules and runs a campaign on what it left.
"""
