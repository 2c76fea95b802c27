"""tuan: the commerce engine (group buying, flash sales, distribution). Plugins import `tuan.plugin` only."""

__version__ = "0.1.0"
