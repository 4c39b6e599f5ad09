"""Vectors of the processor as numbers that compiled kernels reckon with.

numba turns loops into vector code only where it can prove enough about them, and then keeps nothing
in registers from one loop to the next. Here a kernel says what it means: `load` gives a `Vector`
of neighbouring columns, `vector_arithmetic` reckons with it, and `store` writes one back.

What is loaded depends on the last argument of `load`: with None, two registers full; with a mask of
`first_columns`, one register, of which columns beyond are zero and are not written back. Kernels
are thus written once for whole groups of columns and for the rest.

LLVM makes what vectors it has of any width, so the code is right on every processor. numba's cache
looks at the file of a kernel alone: after a change here, delete the *.nbi files in `__pycache__`.
"""

from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.extending import intrinsic, models, register_model

from markovlens.hmm.compiling import inline_njit


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
        return builder.icmp_signed("<", columns, repeated(builder, count, kind.size))

    return kind(array, count), make


def repeated(builder: Any, value: Any, size: int) -> Any:
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


def suffix(kind: ir.VectorType) -> str:
    """How LLVM names a vector type in its functions."""
    return f"v{kind.count}f{64 if isinstance(kind.element, ir.DoubleType) else 32}"


def _masked(builder: Any, name: str, result: Any, arguments: list) -> Any:
    """LLVM's masked load or store of a vector."""
    vector = result if name == "load" else arguments[0]
    full = f"llvm.masked.{name}.{suffix(vector)}.p0"
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
        return repeated(builder, arguments[0], kind.size)

    return kind(value, keep), make


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
