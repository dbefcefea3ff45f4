"""The whole engine contract as a pytest class, for any engine."""

from __future__ import annotations

from typing import Any

from queuebit.testing.deviations import declare_deviations
from queuebit.testing.engine_checks.blocks import BlockChecks
from queuebit.testing.engine_checks.branching import IfElseChecks, SwitchChecks
from queuebit.testing.engine_checks.cancelling import CancelChecks
from queuebit.testing.engine_checks.classical import UnsignedIntegerChecks
from queuebit.testing.engine_checks.classical_types import BooleanChecks, DurationChecks, FloatChecks
from queuebit.testing.engine_checks.gates import ControlledGateChecks, StandardGateChecks
from queuebit.testing.engine_checks.leaving import BreakAndContinueChecks
from queuebit.testing.engine_checks.looping import ForLoopChecks, WhileLoopChecks
from queuebit.testing.engine_checks.measuring import MeasurementChecks, ResetChecks
from queuebit.testing.engine_checks.memory import MemoryChecks, OverwritingChecks
from queuebit.testing.engine_checks.memory_limits import MemoryRefusalChecks
from queuebit.testing.engine_checks.operations import DefinitionChecks, LibraryOperationChecks, PhaseAndIdleChecks
from queuebit.testing.engine_checks.programs import ProgramChecks, ReuseChecks
from queuebit.testing.engine_checks.progress import ProgressChecks
from queuebit.testing.engine_checks.properties import RandomCircuitChecks
from queuebit.testing.engine_checks.refusals import OutputChecks, UnboundChecks, UnknownInstructionChecks
from queuebit.testing.engine_checks.sampling import SamplingChecks, StreamChecks
from queuebit.testing.engine_checks.states import InitialStateChecks, OutcomeChecks, SmallestCircuitChecks
from queuebit.testing.engine_checks.storing import StoreChecks
from queuebit.testing.engine_checks.undefined_values import ClassicalValueChecks


class EngineContract(
    StandardGateChecks,
    ControlledGateChecks,
    LibraryOperationChecks,
    DefinitionChecks,
    PhaseAndIdleChecks,
    OutcomeChecks,
    InitialStateChecks,
    SmallestCircuitChecks,
    MeasurementChecks,
    OverwritingChecks,
    ResetChecks,
    MemoryChecks,
    SamplingChecks,
    StreamChecks,
    IfElseChecks,
    SwitchChecks,
    BlockChecks,
    ForLoopChecks,
    WhileLoopChecks,
    BreakAndContinueChecks,
    UnsignedIntegerChecks,
    BooleanChecks,
    FloatChecks,
    DurationChecks,
    StoreChecks,
    RandomCircuitChecks,
    CancelChecks,
    ProgressChecks,
    UnknownInstructionChecks,
    UnboundChecks,
    OutputChecks,
    ClassicalValueChecks,
    MemoryRefusalChecks,
    ProgramChecks,
    ReuseChecks,
):
    """Subclass this in a test module, say how to make the engine, and pytest checks the whole contract on it.

    States and matrices have to be what `qiskit.quantum_info` says, to 1e-12 and with the global phase. Outcomes have to
    follow the exact distribution; they need not be the same as another engine's for the same seed. It needs Hypothesis
    and SciPy.

    What an engine is known to do otherwise is declared in `deviations`, by the check's name and with a reason: such a
    check still runs, and must fail. A name that isn't known is refused when the class is made.

    Attributes:
        deviations: Names of checks that the engine is known to fail, each with the reason.
        patience_s: Seconds that a check waits for what should happen at once.

    Example:
        >>> from queuebit.engines.reference import ReferenceEngine
        >>> class TestReferenceEngine(EngineContract):
        ...     def make_engine(self):
        ...         return ReferenceEngine()
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse unknown declarations, and mark the declared checks as expected to fail.

        Args:
            **kwargs: Passed on.

        Raises:
            TypeError: `deviations` names something unknown or without a reason, or the class replaces a check.
        """
        super().__init_subclass__(**kwargs)
        declare_deviations(cls, EngineContract)
