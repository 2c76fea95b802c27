"""Finds the plugins, checks them at start-up, and hands them out by kind and code.

pluggy does discovery only: a broadcast stops at the first implementation that raises and costs 1.5 µs against 0.07 µs for a
dict look-up, so every later call goes to one plugin by its code.
"""

# The kinds are abstract, and are looked up by type here: mypy takes an abstract class for no type[...].
# mypy: disable-error-code="type-abstract"

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy

import tuan
from tuan import hookspecs
from tuan.plugin import Challenge, Notifier, PaymentGateway, Plugin, PromotionType, RewardKind, RiskChecker
from tuan.ports import Job
from tuan_rules import Action, BlockSchema, Predicate, Vocabulary, standard_vocabulary
from tuan_rules.facts import FactRecord
from tuan_rules.installed import vocabulary_points, words_of
from tuan_rules.vocabulary import Item

ENTRY_POINT_GROUP = "tuan"
PACKAGE_PREFIX = "tuan_"

Kind = TypeVar("Kind", bound=Plugin)


class PluginRefused(Exception):
    """A plugin that must not run, with all that is wrong with it: the engine does not start."""


JobHandler = Callable[[Job], Awaitable[None]]


class Registry:
    """The installed plugins, by kind and code. `words`: what distributions add to the rule language by its own entry points, for
    blocks, facts and events that no promotion of these brings itself: rules with them are kept, and nothing here runs them.
    """

    def __init__(self, plugins: Iterable[Plugin], words: Iterable[Item] = ()) -> None:
        self._plugins = tuple(plugins)
        self._words = tuple(words)
        _check_codes(self._plugins)
        _check_blocks(self._plugins, self._words)
        self.promotions = self._by_code(PromotionType)
        self.gateways = self._by_code(PaymentGateway)
        self.challenges = self._by_code(Challenge)
        self.risk_checkers = self._by_code(RiskChecker)
        self.notifiers = self._by_code(Notifier)
        self.reward_kinds = self._by_code(RewardKind)

    def __iter__(self) -> Any:
        return iter(self._plugins)

    def block_schemas(self) -> list[BlockSchema]:
        """The vocabulary of all promotions together."""
        return [schema for promotion in self.promotions.values() for schema in promotion.blocks()]

    def vocabulary(self) -> Vocabulary:
        """What rule files may say: the language's own blocks and facts, those of all plugins, and what nobody here runs."""
        return _vocabulary(self._plugins, self._words)

    def known_facts(self) -> frozenset[str]:
        """Facts that no caller may hand over: what promotions that redeem look up, and what blocks are named in."""
        own = {
            f"{record.name}.{fact.name}"
            for promotion in self.promotions.values()
            if promotion.redeems
            for record in promotion.facts()
            for fact in record.facts
        }
        return frozenset(own | {schema.named_in for schema in self.vocabulary() if schema.named_in})

    def jobs(self) -> dict[str, JobHandler]:
        """Who does the plugins' own jobs, by kind. Raises PluginRefused for a kind that is not named after its plugin."""
        found: dict[str, JobHandler] = {}
        for plugin in self._plugins:
            for kind, handler in plugin.jobs().items():
                if not kind.startswith(f"{plugin.code}.") or kind in found:
                    raise PluginRefused(
                        f"{plugin.code}: a job of its own is called {plugin.code}.<something>, not {kind!r}"
                    )
                found[kind] = handler
        return found

    def promotion_of_block(self, block_name: str) -> PromotionType | None:
        """The promotion that owns blocks of this name."""
        for promotion in self.promotions.values():
            if any(schema.name == block_name for schema in promotion.blocks()):
                return promotion
        return None

    def _by_code(self, kind: type[Kind]) -> dict[str, Kind]:
        return {plugin.code: plugin for plugin in self._plugins if isinstance(plugin, kind)}


def discover() -> Registry:
    """The registry of every plugin installed on this machine. Raises PluginRefused, naming each fault."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return from_entry_points(points, vocabulary_points())


def from_entry_points(points: Sequence[EntryPoint], vocabularies: Sequence[EntryPoint] = ()) -> Registry:
    """The registry of these entry points; the checks of `discover`. `vocabularies`: those of the rule language's own group."""
    manager = pluggy.PluginManager("tuan")
    manager.add_hookspecs(hookspecs)
    found: list[Plugin] = []
    faults: list[str] = []
    for point in points:
        try:
            module = point.load()
        except Exception as error:  # a third party's import may raise anything; the start-up must name whose it was
            faults.append(f"{point.name}: importing {point.value} failed: {error!r}")
            continue
        faults += _unknown_hooks(point.name, module)
        try:
            manager.register(module, name=point.name)
        except (
            pluggy.PluginValidationError,
            ValueError,
        ) as error:  # wrong arguments of a hook; one module under two names
            faults.append(f"{point.name}: {error}")
    _check_pending(manager, faults)
    for name, module in manager.list_name_plugin():
        found += _plugins_of(name, module, faults)
    words, broken = words_of(vocabularies)
    faults += broken
    if faults:
        raise PluginRefused("plugins refused:\n  " + "\n  ".join(faults))
    return Registry(found, words)


def _plugins_of(name: str, module: Any, faults: list[str]) -> list[Plugin]:
    hook = getattr(module, "tuan_plugins", None)
    if hook is None:
        faults.append(f"{name}: {module.__name__} implements no tuan_plugins hook; see docs/plugins.md")
        return []
    try:
        plugins = list(hook())
    except Exception as error:  # as above: whatever it is, the start-up must name whose it was
        faults.append(f"{name}: tuan_plugins() raised {error!r}")
        return []
    for plugin in plugins:
        faults += _faults_of(name, module, plugin)
    if plugins and name not in [getattr(plugin, "code", None) for plugin in plugins]:
        faults.append(
            f"{name}: none of its plugins has the code {name!r}; entry point, package and code share one name"
        )
    return plugins


def _faults_of(name: str, module: Any, plugin: object) -> Iterable[str]:
    if not isinstance(plugin, Plugin) or type(plugin) is Plugin:
        yield f"{name}: {plugin!r} is not of a plugin kind; derive from PromotionType, RiskChecker, PaymentGateway ..."
        return
    if not isinstance(getattr(plugin, "code", None), str) or not plugin.code.isidentifier():
        yield f"{name}: {type(plugin).__name__}.code must be an identifier such as {name!r}"
    package = module.__name__.partition(".")[0]
    if package != PACKAGE_PREFIX + name:
        yield f"{name}: its package is {package}; it must be {PACKAGE_PREFIX}{name}"
    major, minor = (int(part) for part in tuan.__version__.split(".")[:2])
    if (major, minor) not in plugin.engine:
        at_least, below = (".".join(map(str, bound)) for bound in (plugin.engine.at_least, plugin.engine.below))
        yield f"{name}: written for engines from {at_least} to before {below}, this is {tuan.__version__}"


def _unknown_hooks(name: str, module: Any) -> Iterable[str]:
    """A function called `tuan_...` that no spec knows is a typing mistake even when it lacks @hookimpl."""
    known = {key for key, _ in inspect.getmembers(hookspecs, inspect.isfunction)}
    for key, value in inspect.getmembers(module, inspect.isfunction):
        if key.startswith("tuan_") and key not in known and value.__module__ == module.__name__:
            yield f"{name}: {key} is not a hook of this engine; the hooks are {', '.join(sorted(known))}"


def _check_pending(manager: pluggy.PluginManager, faults: list[str]) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        faults.append(str(error))


def _check_codes(plugins: Sequence[Plugin]) -> None:
    owners: dict[tuple[str, str], Plugin] = {}
    kinds = (PromotionType, PaymentGateway, Challenge, RiskChecker, Notifier, RewardKind)
    for plugin in plugins:
        for kind in kinds:
            if not isinstance(plugin, kind):
                continue
            first = owners.setdefault((kind.__name__, plugin.code), plugin)
            if first is not plugin:
                raise PluginRefused(
                    f"two plugins of kind {kind.__name__} have the code {plugin.code!r}: "
                    f"{type(first).__module__} and {type(plugin).__module__}; uninstall one"
                )


def _check_blocks(plugins: Sequence[Plugin], words: Sequence[Item]) -> None:
    """A rule block belongs to one promotion, or publishing would depend on the order of installation."""
    owners: dict[str, PromotionType] = {}
    for plugin in plugins:
        if not isinstance(plugin, PromotionType):
            continue
        try:
            names = [schema.name for schema in plugin.blocks()]
        except Exception as error:
            raise PluginRefused(f"{plugin.code}: blocks() raised {error!r}") from error
        if names and type(plugin).plan is PromotionType.plan:
            raise PluginRefused(
                f"{plugin.code} adds the rule block {names[0]!r} but has no plan(); write what it becomes"
            )
        for name in names:
            first = owners.setdefault(name, plugin)
            if first is not plugin:
                raise PluginRefused(f"promotions {first.code!r} and {plugin.code!r} both own the rule block {name!r}")
    try:
        _vocabulary(plugins, words)
    except ValueError as error:
        raise PluginRefused(f"rule blocks: {error}") from error
    except Exception as error:
        raise PluginRefused(f"facts(), predicates() or actions() raised {error!r}") from error


def _vocabulary(plugins: Iterable[Plugin], words: Iterable[Item]) -> Vocabulary:
    plugins = list(plugins)
    promotions = [plugin for plugin in plugins if isinstance(plugin, PromotionType)]
    brought: list[Item] = []
    for promotion in promotions:
        brought += [*promotion.blocks(), *promotion.facts(), *promotion.predicates()]
    for plugin in plugins:
        if isinstance(plugin, PromotionType | RewardKind):
            brought += plugin.actions()
    return standard_vocabulary([*brought, *_not_there(words, brought)])


def _not_there(words: Iterable[Item], brought: Sequence[Item]) -> Iterable[Item]:
    """What no plugin brings itself: who installs the plugin of a block runs its blocks from then on, as that plugin has them."""
    there = {(type(item), item.name) for item in brought if isinstance(item, BlockSchema | Predicate | Action)}
    facts = {(item.name, fact.name) for item in brought if isinstance(item, FactRecord) for fact in item.facts}
    for word in words:
        if isinstance(word, FactRecord):
            left = tuple(fact for fact in word.facts if (word.name, fact.name) not in facts)
            if left:
                yield replace(word, facts=left)
        elif not isinstance(word, BlockSchema | Predicate | Action) or (type(word), word.name) not in there:
            yield word
