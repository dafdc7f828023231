"""Every check of every gate, driven by the one table of cases."""

import pytest

import tinygrad_edu.nn  # noqa: F401 - its gates are gates, too
from tinygrad_edu.record import GATES
from tinygrad_edu.testing import CHECKS
from tinygrad_edu.testing.cases import CASES
from tinygrad_edu.testing.checks import gates_reached

HAS_GRADIENT = {name for name, gate in GATES.items() if gate.rules or gate.jointly}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_case(check, case):
    check(case)


def test_every_gate_with_a_gradient_has_a_case():
    reached = set().union(*map(gates_reached, CASES.values()))
    assert reached >= HAS_GRADIENT, f"no case reaches {sorted(HAS_GRADIENT - reached)}"


def test_every_gate_names_its_kind_and_local_gradients():
    for name in HAS_GRADIENT:
        gate = GATES[name]
        assert gate.kind in ("distribute", "switch", "route", "slope", "reshape"), name
        assert gate.local or gate.rules is None or gate.jointly, f"{name} does not say its local gradients"
