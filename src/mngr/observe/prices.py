"""What tokens cost: the user's own prices, then what the program itself reckoned, then the table of known models."""

from __future__ import annotations

import os

from mngr.config.files import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.conversation import Usage
    from mngr.observe.usage import Answer

    Tokens = Usage | Answer
    Table = dict[str, dict[str, float]]

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prices.toml")
MILLION = 1e6


class Prices:
    """Reckons what answers of models cost."""

    def __init__(self, own: Table, known: Table) -> None:
        self._own = own
        self._known = known
        self._found: dict[tuple[bool, str], dict[str, float] | None] = {}

    def cost(self, model: str | None, usage: Tokens) -> float | None:
        """Return the cost of one answer in US dollars, None where its model has no known price.

        A cost of 0 that the program itself reckoned says that it knows no price either.
        """
        own = self._price(model, own=True)
        if own is not None:
            return _reckoned(own, usage)
        if usage.cost_usd:
            return usage.cost_usd
        if not (usage.input_tokens or usage.output_tokens or usage.cache_read_tokens or usage.cache_write_tokens):
            return 0.0
        known = self._price(model, own=False)
        return None if known is None else _reckoned(known, usage)

    def _price(self, model: str | None, own: bool) -> dict[str, float] | None:
        if model is None:
            return None
        if (own, model) not in self._found:
            table = self._own if own else self._known
            price = next((table[name] for name in names_of(model) if name in table), None)
            whole = price is not None and "input" in price and "output" in price
            self._found[own, model] = price if whole else None
        return self._found[own, model]


def load(own: Table, cache: str) -> Prices:
    """Return prices, of which `own` are the user's; `cache` is a folder for what was parsed."""
    table = read(FILE, cache) or {}
    return Prices(own, table.get("models", {}))


def names_of(model: str) -> list[str]:
    """Return the names that a model's price may stand under, the most exact first.

    As it is; without what stands before the last `/`; without `[...]` at its end; without a date, or `-latest`.
    """
    names = [model, model.rpartition("/")[2]]
    names.append(names[-1].partition("[")[0])
    names.append(_dateless(names[-1]))
    return list(dict.fromkeys(names))


def _dateless(name: str) -> str:
    name = name.removesuffix("-latest")
    for digits in (8, 10):
        date = name[-digits:]
        is_date = date.replace("-", "").isdigit() and (digits == 8 or (date[4:5], date[7:8]) == ("-", "-"))
        if is_date and "-" not in date[:4] and name[-digits - 1 : -digits] in ("-", "@"):
            return name[: -digits - 1]
    return name


def _reckoned(price: dict[str, float], usage: Tokens) -> float:
    into = price["input"]
    return (
        usage.input_tokens * into
        + usage.output_tokens * price["output"]
        + usage.cache_read_tokens * price.get("cache_read", into)
        + usage.cache_write_tokens * price.get("cache_write", into)
    ) / MILLION
