"""Frozen values: what `dataclasses` gives, without its start-up cost."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import field as field
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True)
    def value(cls: type[T]) -> type[T]: ...

else:

    def value(cls):
        """Make a class a frozen value: fields from its annotations, equality, repr, hash."""
        inherited = getattr(cls, "_fields", ())
        fields = (*inherited, *(name for name in cls.__dict__.get("__annotations__", {}) if name not in inherited))
        defaults = {name: getattr(cls, name) for name in fields if hasattr(cls, name)}
        required = frozenset(name for name in fields if name not in defaults)

        known = frozenset(fields)

        def __init__(self, *args, **kwargs):
            if args:
                given = dict(zip(fields, args))
                if len(args) > len(fields) or given.keys() & kwargs.keys():
                    raise TypeError(f"{cls.__name__} takes {', '.join(fields)}")
                kwargs.update(given)
            if not known.issuperset(kwargs):
                raise TypeError(f"{cls.__name__} takes {', '.join(fields)}")
            if not required.issubset(kwargs):
                raise TypeError(f"{cls.__name__} needs {', '.join(sorted(required.difference(kwargs)))}")
            own = self.__dict__
            own.update(defaults)
            own.update(kwargs)

        cls._fields = fields
        cls.__init__ = __init__
        cls.__setattr__ = cls.__delattr__ = _refuse
        cls.__eq__ = _equal
        cls.__hash__ = _hash
        cls.__repr__ = _repr
        cls.__match_args__ = fields
        return cls


def replace(thing: T, **changes: Any) -> T:
    """Return a copy of a value with some fields changed."""
    return type(thing)(**{**as_dict(thing), **changes})


def as_dict(thing: Any) -> dict[str, Any]:
    """Return a value's fields, in order, without copying what they hold."""
    fields: tuple[str, ...] = thing._fields
    return {name: getattr(thing, name) for name in fields}


def _refuse(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")


def _equal(self: object, other: object) -> bool:
    return type(self) is type(other) and self.__dict__ == other.__dict__


def _hash(self: object) -> int:
    return hash((type(self), *(_hashable(item) for item in self.__dict__.values())))


# Mutable things that fields may hold, and what stands for them in a hash.
_FROZEN: dict[Any, Any] = {dict: frozenset, list: tuple}


def _hashable(item: Any) -> Any:
    freeze = _FROZEN.get(type(item))
    return freeze(item) if freeze else item


def _repr(self: object) -> str:
    shown = ", ".join(f"{name}={item!r}" for name, item in as_dict(self).items())
    return f"{type(self).__name__}({shown})"
