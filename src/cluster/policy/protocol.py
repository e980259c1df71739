"""How the service's pipe is spoken: faults, arrays, and how a request is read by its dataclass."""

import base64
import binascii
import math
import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
import torch
from torch import Tensor

Kind = Literal["bad request", "policy", "memory", "diverged", "cancelled", "fault"]


class Fault(Exception):
    """An answer that is an error: its kind, a text for people, and what else the kind tells."""

    def __init__(self, kind: Kind, message: str, **more: int | str) -> None:
        """Take what the answer says."""
        super().__init__(message)
        self.kind: Kind = kind
        self.more = more

    def answer(self) -> dict[str, Any]:
        """Give it as the pipe carries it."""
        return {"error": {"kind": self.kind, "message": str(self), **self.more}}

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process whole."""
        return _fault, (self.kind, str(self), self.more)


def _fault(kind: Kind, message: str, more: dict[str, Any]) -> Fault:
    return Fault(kind, message, **more)


class Diverged(Fault):
    """A step that was not taken, because its loss or its gradient is not finite."""

    def __init__(self, step: int, loss: float, grad_norm: float) -> None:
        """Take the step that would have been, its loss and its gradient's norm."""
        told = {name: _named(value) for name, value in (("loss", loss), ("gradNorm", grad_norm))}
        text = f"Gradient step {step} gave a loss of {told['loss']} and a gradient norm of {told['gradNorm']}"
        super().__init__("diverged", f"{text}: the policy has diverged. Lower the learning rate.", step=step, **told)


def _named(value: float) -> Any:
    """JSON has no number that is not finite: such a one is told by JavaScript's name."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


# Arrays go as base64 of little-endian values.
F32 = Annotated[Tensor, "f32"]
I32 = Annotated[Tensor, "i32"]
_dtypes = {"f32": "<f4", "i32": "<i4"}


def encoded(tensor: Tensor) -> dict[str, Any]:
    """Give an array as the pipe carries it: i32 of whole numbers, f32 of others."""
    dtype = "f32" if tensor.is_floating_point() else "i32"
    data = tensor.detach().cpu().numpy().astype(_dtypes[dtype]).tobytes()
    return {"dtype": dtype, "shape": list(tensor.shape), "data": base64.b64encode(data).decode()}


Request = TypeVar("Request")


def read(kind: type[Request], value: dict[str, Any]) -> Request:
    """Give the request as its dataclass. Throws a "bad request" that names the field and its fault."""
    request: Request = _read(kind, value, "")
    return request


def _bad(path: str, fault: str) -> Fault:
    return Fault("bad request", f"{path or 'the request'} {fault}")


def _read(kind: Any, value: Any, path: str) -> Any:  # noqa: PLR0911
    origin, choices = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _array(choices[1], value, path)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in choices:
            return None
        named = [choice for choice in choices if choice is not type(None)]
        return _read(next((choice for choice in named if _fits(choice, value)), named[0]), value, path)
    if origin is Literal:
        if value not in choices:
            raise _bad(path, f"is {value!r}, not one of {', '.join(choices)}")
        return value
    if origin is list:
        if not isinstance(value, list):
            raise _bad(path, "is not a list")
        return [_read(choices[0], item, f"{path}[{i}]") for i, item in enumerate(value)]
    if is_dataclass(kind):
        return _record(kind, value, path)
    return _plain(kind, value, path)


def _fits(kind: Any, value: Any) -> bool:
    """Whether a union's member is meant: a record that has all the fields that must be there."""
    if not is_dataclass(kind) or not isinstance(value, dict):
        return not is_dataclass(kind)
    return all(_camel(field.name) in value for field in fields(kind) if field.default is MISSING)


def _record(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise _bad(path, "is not an object")
    hints = get_type_hints(kind, include_extras=True)
    known = {_camel(field.name): field for field in fields(kind)}
    at = f"{path}." if path else ""
    for name in value:
        if name not in known:
            raise _bad(f"{at}{name}", f"is not known; what may stand there is {', '.join(known) or 'nothing'}")
    found = {}
    for name, field in known.items():
        if name in value:
            found[field.name] = _read(hints[field.name], value[name], f"{at}{name}")
        elif field.default is MISSING:
            raise _bad(f"{at}{name}", "is missing")
    return kind(**found)


def _plain(kind: Any, value: Any, path: str) -> Any:
    """A text, a flag or a number. JavaScript writes 0 for 0.0, so a float may come as a whole number."""
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if kind is int and type(value) in (int, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if kind in (str, bool) and type(value) is kind:
        return value
    names = {str: "text", bool: "flag", int: "whole number", float: "finite number"}
    raise _bad(path, f"is {str(value)[:80]!r}, not a {names[kind]}")


def _array(dtype: str, value: Any, path: str) -> Tensor:
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data"}:
        raise _bad(path, "is not an array: an object of dtype, shape and data")
    if value["dtype"] != dtype:
        raise _bad(f"{path}.dtype", f"is {value['dtype']!r}, not {dtype!r}")
    shape = _read(list[int], value["shape"], f"{path}.shape")
    try:
        data = base64.b64decode(_read(str, value["data"], f"{path}.data"), validate=True)
    except binascii.Error as error:
        raise _bad(f"{path}.data", f"is not base64: {error}") from error
    if min(shape, default=0) < 0 or math.prod(shape) * 4 != len(data):
        raise _bad(f"{path}.data", f"has {len(data)} bytes, a shape of {shape} asks for {4 * math.prod(shape)}")
    values = np.frombuffer(data, _dtypes[dtype])
    return torch.from_numpy(values.astype(values.dtype.newbyteorder("="))).reshape(shape)


def _camel(name: str) -> str:
    """A field's name as the pipe has it: max_new_tokens is maxNewTokens."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
