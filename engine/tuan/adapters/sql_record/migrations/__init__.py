"""Alembic's environment and the engine's migrations, run by `migrate.py`; plugins bring folders of their own."""
