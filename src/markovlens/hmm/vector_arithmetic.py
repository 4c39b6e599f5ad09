"""Arithmetic of `Vector` in compiled kernels, column by column.

`+ - * /` work on vectors and on a vector and a number; products are added in one rounding where the
processor can. Importing this module teaches numba these operators.
"""

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, lower_builtin, type_callable

from markovlens.hmm.vectors import Vector, repeated, suffix

_CONTRACT = ("contract", "nsz")


def _operands(context: Any, builder: Any, kinds: Any, values: Any) -> list[Any]:
    """Values as vectors; numbers are repeated in the type of the vectors beside them."""
    like = next(kind for kind in kinds if isinstance(kind, Vector))
    return [
        value
        if isinstance(kind, Vector)
        else repeated(builder, context.cast(builder, value, kind, like.element), like.size)
        for kind, value in zip(kinds, values, strict=True)
    ]


def _operator(operation: Callable[..., Any], name: str) -> None:
    """Make an operator work between vectors, and between a vector and a number."""

    @type_callable(operation)
    def typer(context: Any) -> Callable[..., Any]:
        def kind(left: Any, right: Any) -> Any:
            return next((side for side in (left, right) if isinstance(side, Vector)), None)

        return kind

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sides = _operands(context, builder, signature.args, arguments)
        return getattr(builder, name)(*sides, flags=_CONTRACT)

    for left, right in ((Vector, Vector), (Vector, types.Float), (types.Float, Vector)):
        lower_builtin(operation, left, right)(make)


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")
_operator(operator.truediv, "fdiv")


def _chosen(comparison: str) -> Callable[..., Any]:
    """Code for the one of two sides, a vector and a vector or number, that compares so."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = _operands(context, builder, signature.args, arguments)
        return builder.select(builder.fcmp_ordered(comparison, a, b), a, b)

    return make


@intrinsic
def larger(typing: Any, vector: Any, other: Any) -> Any:
    """The larger of a vector and another or a number, column by column."""
    return vector(vector, other), _chosen(">")


@intrinsic
def smaller(typing: Any, vector: Any, other: Any) -> Any:
    """The smaller of a vector and another or a number, column by column."""
    return vector(vector, other), _chosen("<")


@intrinsic
def where_above(typing: Any, vector: Any, limit: Any, wanted: Any) -> Any:
    """`wanted` in the columns where a vector is above a limit, zero elsewhere."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, limit, wanted = _operands(context, builder, signature.args, arguments)
        zero = ir.Constant(wanted.type, [0.0] * wanted.type.count)
        return builder.select(builder.fcmp_ordered(">", value, limit), wanted, zero)

    return vector(vector, limit, wanted), make


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """Sum of the columns of a vector."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (value,) = arguments
        element = value.type.element
        reduce = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(element, [element, value.type]),
            f"llvm.vector.reduce.fadd.{suffix(value.type)}",
        )
        return builder.call(reduce, [element(0.0), value], fastmath=("reassoc",))

    return vector.element(vector), make


@cache
def exponential_series(degree: int) -> tuple[float, ...]:
    """Coefficients of exp over -log 2 / 2 .. log 2 / 2, interpolated at Chebyshev's points."""
    half = 0.5 * math.log(2.0)
    series = np.polynomial.Chebyshev.interpolate(np.exp, degree, domain=[-half, half])
    _, *coefficients = series.convert(kind=np.polynomial.Polynomial).coef.tolist()
    return (1.0, *coefficients)  # to rounding, and exact at zero


@intrinsic
def exponential(typing: Any, vector: Any) -> Any:
    """Exponentials of numbers whose results are neither denormal nor infinite.

    exp x = 2^n exp r with n = round(x / log 2). Adding 3/2 2^m, m the bits of a mantissa, rounds
    to whole numbers, and leaves n in the last bits, from where it is shifted into the exponent.
    No flag may allow LLVM to take that sum apart again.
    """
    bits, mantissa, degree = {64: (64, 52, 11), 32: (32, 23, 6)}[vector.element.bitwidth]

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (x,) = arguments
        size = x.type.count
        whole = ir.VectorType(ir.IntType(bits), size)

        def constant(value: float) -> Any:
            return ir.Constant(x.type, [value] * size)

        magic = constant(1.5 * 2.0**mantissa)
        shifted = builder.fadd(builder.fmul(x, constant(1.0 / math.log(2.0))), magic)
        n = builder.fsub(shifted, magic)
        whole_part = builder.fmul(n, constant(math.log(2.0)), flags=_CONTRACT)
        r = builder.fsub(x, whole_part, flags=_CONTRACT)
        out = constant(exponential_series(degree)[-1])
        for coefficient in exponential_series(degree)[-2::-1]:
            product = builder.fmul(out, r, flags=_CONTRACT)
            out = builder.fadd(product, constant(coefficient), flags=_CONTRACT)
        power = builder.shl(builder.bitcast(shifted, whole), ir.Constant(whole, [mantissa] * size))
        return builder.bitcast(builder.add(builder.bitcast(out, whole), power), x.type)

    return vector(vector), make
