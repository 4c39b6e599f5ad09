"""Vectors of the processor as numbers that compiled kernels reckon with.

numba turns loops into vector code only where it can prove enough about them, and then keeps nothing
in registers from one loop to the next. Here a kernel says what it means: `load` gives a `Vector`
of neighbouring columns, `+ - * /` work on vectors and on a vector and a number (products are added
in one rounding where the processor can), and `store` writes one back.

What is loaded depends on the last argument of `load`: with None, two registers full; with a mask of
`first_columns`, one register, of which columns beyond are zero and are not written back. Kernels
are thus written once for whole groups of columns and for the rest.

LLVM makes what vectors it has of any width, so the code is right on every processor.
"""

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.extending import (
    intrinsic,
    lower_builtin,
    models,
    register_model,
    type_callable,
)

from markovlens.hmm.compiling import inline_njit

_CONTRACT = ("contract", "nsz")


class Vector(types.Type):
    """So many numbers of one floating-point type."""

    def __init__(self, element: types.Float, size: int) -> None:
        self.element, self.size = element, size
        super().__init__(f"Vector({element} x {size})")


class Mask(types.Type):
    """Which columns of a vector count."""

    def __init__(self, element: types.Float, size: int) -> None:
        self.element, self.size = element, size
        super().__init__(f"Mask({element} x {size})")


def _vector_type(element: types.Float, size: int) -> ir.VectorType:
    return ir.VectorType({32: ir.FloatType(), 64: ir.DoubleType()}[element.bitwidth], size)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, _vector_type(kind.element, kind.size))


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Mask) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.size))


@cache
def register_bytes() -> int:
    """Width of the registers of the processor that is compiled for."""
    return 64 if "+avx512f" in cpu_target.target_context.codegen().magic_tuple()[2] else 32


def _register_size(element: types.Float) -> int:
    """Numbers in a register."""
    return 8 * register_bytes() // element.bitwidth


def _kind(element: types.Float, keep: types.Type) -> Vector:
    """The vectors that go with a mask, or with None."""
    size = _register_size(element)
    return Vector(element, size if isinstance(keep, Mask) else 2 * size)


def _check_rows(array: types.Array) -> None:
    """Refuse an array whose neighbouring columns are not neighbours in memory."""
    if array.layout != "C" or array.ndim != 2:
        raise TypingError(f"expected a matrix in C order, got {array}; see `np.ascontiguousarray`")


@intrinsic
def group_size(typing: Any, array: Any) -> Any:
    """Columns of an array in two registers."""
    size = 2 * _register_size(array.dtype)

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, size)

    return types.intp(array), make


@intrinsic
def first_columns(typing: Any, array: Any, count: Any) -> Any:
    """The mask of the first `count` columns of a register, or of all where there are more."""
    kind = Mask(array.dtype, _register_size(array.dtype))

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = builder.trunc(arguments[1], ir.IntType(32))
        columns = ir.Constant(ir.VectorType(ir.IntType(32), kind.size), list(range(kind.size)))
        return builder.icmp_signed("<", columns, _spread(builder, count, kind.size))

    return kind(array, count), make


def _spread(builder: Any, value: Any, size: int) -> Any:
    """A vector of the same number."""
    kind = ir.VectorType(value.type, size)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), size), [0] * size)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)


def _pointer(context: Any, builder: Any, kind: Any, value: Any, place: tuple) -> Any:
    """Address of an entry of a whole array."""
    array = context.make_array(kind)(context, builder, value)
    shape, strides = (cgutils.unpack_tuple(builder, part) for part in (array.shape, array.strides))
    return cgutils.get_item_pointer2(
        context, builder, array.data, shape, strides, kind.layout, list(place), wraparound=False
    )


@intrinsic
def load(typing: Any, array: Any, row: Any, column: Any, keep: Any) -> Any:
    """The vector of a row of an array that begins at a column."""
    _check_rows(array)
    kind = _kind(array.dtype, keep)

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, row, column, mask = arguments
        pointer = _pointer(context, builder, array, value, (row, column))
        align, native = array.dtype.bitwidth // 8, _vector_type(kind.element, kind.size)
        pointer = builder.bitcast(pointer, native.as_pointer())
        if not isinstance(keep, Mask):
            return builder.load(pointer, align=align)
        read = _masked(builder, "load", native, [pointer.type, ir.IntType(32), mask.type, native])
        nothing = ir.Constant(native, [0.0] * kind.size)
        return builder.call(read, [pointer, ir.IntType(32)(align), mask, nothing])

    return kind(array, types.intp, types.intp, keep), make


@intrinsic
def store(typing: Any, array: Any, row: Any, column: Any, vector: Any, keep: Any) -> Any:
    """Write a vector to a row of an array, from a column on."""
    _check_rows(array)

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, row, column, vector, mask = arguments
        pointer = _pointer(context, builder, array, value, (row, column))
        align = array.dtype.bitwidth // 8
        pointer = builder.bitcast(pointer, vector.type.as_pointer())
        if not isinstance(keep, Mask):
            builder.store(vector, pointer, align=align)
        else:
            kinds = [vector.type, pointer.type, ir.IntType(32), mask.type]
            write = _masked(builder, "store", ir.VoidType(), kinds)
            builder.call(write, [vector, pointer, ir.IntType(32)(align), mask])
        return context.get_dummy_value()

    return types.none(array, types.intp, types.intp, vector, keep), make


def _suffix(kind: ir.VectorType) -> str:
    return f"v{kind.count}f{64 if isinstance(kind.element, ir.DoubleType) else 32}"


def _masked(builder: Any, name: str, result: Any, arguments: list) -> Any:
    """LLVM's masked load or store of a vector."""
    vector = result if name == "load" else arguments[0]
    full = f"llvm.masked.{name}.{_suffix(vector)}.p0"
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), full)


@intrinsic
def entry(typing: Any, array: Any, row: Any, column: Any) -> Any:
    """One number of a matrix, at indices that are not negative."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, row, column = arguments
        return builder.load(_pointer(context, builder, array, value, (row, column)))

    return array.dtype(array, types.intp, types.intp), make


@intrinsic
def spread(typing: Any, value: Any, keep: Any) -> Any:
    """The vector of one number."""
    kind = _kind(value, keep)

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _spread(builder, arguments[0], kind.size)

    return kind(value, keep), make


def _operands(context: Any, builder: Any, kinds: Any, values: Any) -> list[Any]:
    """Values as vectors; numbers are repeated in the type of the vectors beside them."""
    like = next(kind for kind in kinds if isinstance(kind, Vector))
    return [
        value
        if isinstance(kind, Vector)
        else _spread(builder, context.cast(builder, value, kind, like.element), like.size)
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
            f"llvm.vector.reduce.fadd.{_suffix(value.type)}",
        )
        return builder.call(reduce, [element(0.0), value], fastmath=("reassoc",))

    return vector.element(vector), make


@cache
def exponential_series(degree: int) -> tuple[float, ...]:
    """Coefficients of exp over -log 2 / 2 .. log 2 / 2, interpolated at Chebyshev's points."""
    half = 0.5 * math.log(2.0)
    series = np.polynomial.Chebyshev.interpolate(np.exp, degree, domain=[-half, half])
    return tuple(series.convert(kind=np.polynomial.Polynomial).coef.tolist())


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


@inline_njit
def by_groups(step, array, first, last, rest):
    """Call step(column, keep, *rest) for columns [first, last): whole groups, then what is left."""
    size = group_size(array)
    whole = last - (last - first) % size
    for column in range(first, whole, size):
        step(column, None, *rest)
    for column in range(whole, last, size // 2):
        step(column, first_columns(array, last - column), *rest)


@inline_njit
def store_four(out, row, column, four, keep):
    """Write four vectors to rows of out from `row` on, as far as there are rows."""
    store(out, row, column, four[0], keep)
    for i in range(1, 4):
        if row + i < out.shape[0]:
            store(out, row + i, column, four[i], keep)
