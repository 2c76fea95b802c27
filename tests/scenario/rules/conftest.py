"""The shop of the rewards, on both databases, and its client."""

from tests.scenario.rewards.conftest import client, postgres_template, shop, sqlite_template

__all__ = ["client", "postgres_template", "shop", "sqlite_template"]
