"""Every setting of the engine: its variable, default, unit and meaning. `python -m tuan.settings` prints docs/settings.md."""

from tuan.settings.loading import SettingsError, load
from tuan.settings.model import PREFIX, Settings, variable

__all__ = ["PREFIX", "Settings", "SettingsError", "load", "variable"]
