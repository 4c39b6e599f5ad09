"""Machines as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from markovlens.channels import channels_from_plain
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.machines.machine import Machine
from markovlens.machines.soft import SoftMachine, law_from_dict, law_to_dict
from markovlens.outputs import Output


def machine_to_dict(machine: Machine) -> dict[str, Any]:
    """Return the machine as plain values; rows of `transition` that repeat are written once.

    With a vocabulary of thousands, most (symbol, state) pairs were never seen and share the
    builder's fallback row of their state, so only the rows that differ from it are listed.
    """
    unseen = ~machine.seen
    fallback = machine.transition[unseen.argmax(0), np.arange(machine.n_states)]
    differs = (machine.transition != fallback).any(-1)
    return {
        "initial": machine.initial.tolist(),
        "fallback": fallback.tolist(),
        "rows": [
            {"symbol": int(v), "state": int(i), "next": machine.transition[v, i].tolist()}
            for v, i in zip(*np.nonzero(differs), strict=True)
        ],
        "seen": np.packbits(machine.seen).tobytes().hex(),
        "readout": machine.readout.tolist(),
        "symbols": list(machine.symbols),
        "classes": list(machine.classes),
        **({"codebook": codebook_to_dict(machine.codebook)} if machine.codebook else {}),
        **_answers(machine),
        **({"states": list(machine.states)} if machine.states else {}),
        **({"law": law_to_dict(machine.law)} if isinstance(machine, SoftMachine) else {}),
    }


def _answers(machine: Machine) -> dict[str, Any]:
    """Return what there is to say of answers that are no distributions."""
    if machine.output == Output.DISTRIBUTION:
        return {}
    spread = None if machine.spread is None else machine.spread.tolist()
    return {"output": machine.output.value, "spread": spread}


def machine_from_dict(plain: Mapping[str, Any]) -> Machine:
    """Return the machine that `machine_to_dict` wrote."""
    initial = np.array(plain["initial"], dtype=float)
    transition = np.repeat(np.array(plain["fallback"], dtype=float)[None], len(initial), axis=0)
    for row in plain["rows"]:
        transition[row["symbol"], row["state"]] = row["next"]
    bits = np.frombuffer(bytes.fromhex(plain["seen"]), dtype=np.uint8)
    seen = np.unpackbits(bits, count=initial.size).reshape(initial.shape).astype(bool)
    readout = np.array(plain["readout"], dtype=float)
    codebook = plain.get("codebook")  # only of machines that read rows
    spread = plain.get("spread")  # only of machines that answer with anything but distributions
    parts = (
        initial,
        transition,
        readout,
        tuple(plain["symbols"]),
        tuple(plain["classes"]),
        seen,
        codebook_from_dict(codebook) if codebook else None,
        Output(plain.get("output", Output.DISTRIBUTION)),
        None if spread is None else np.array(spread, dtype=float),
        tuple(plain.get("states", ())),  # only where somebody named some
    )
    if "law" not in plain:
        return Machine(*parts)
    law = law_from_dict(plain["law"], channels_from_plain(plain["law"]["channels"]))
    return SoftMachine(*parts, law=law)
