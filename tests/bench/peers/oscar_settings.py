"""Django's settings for an oscar that keeps no templates and no search index: what placing an order needs, and nothing else."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any


def configure(host: str, database: str) -> None:
    """Set Django up on a PostgreSQL. Raises ImportError where django-oscar is not installed."""
    oscar = import_module("oscar")
    defaults = vars(import_module("oscar.defaults"))
    settings: dict[str, Any] = {name: value for name, value in defaults.items() if name.isupper()}
    settings |= {
        "INSTALLED_APPS": list(oscar.INSTALLED_APPS),
        "DATABASES": {
            "default": {"ENGINE": "django.db.backends.postgresql", "HOST": host, "NAME": database, "USER": "postgres"}
        },
        "SECRET_KEY": "bench",
        "SITE_ID": 1,
        "USE_TZ": True,
        "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "MIGRATION_MODULES": _NoMigrations(),
        "ROOT_URLCONF": "oscar.urls",
    }
    import_module("django.conf").settings.configure(**settings)
    warnings.filterwarnings("ignore", module="haystack")  # the backend that indexes nothing says so for each product
    import_module("django").setup()


class _NoMigrations:
    """Tables are made from the models as they are: a hundred old migrations of each app would prove nothing here."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None
