// The standard gates, by name, with their matrices.
#pragma once

#include <complex>
#include <cstdint>
#include <vector>

namespace queuebit {

using Complex = std::complex<double>;

// A standard gate: `num_controls` control qubits come first in its qubit list, then the targets of its base matrix.
struct GateKind {
    const char* name;
    int num_controls;
    int num_targets;
    int num_params;
    void (*matrix)(const double* params, Complex* out);  // row-major, 2^num_targets squared

    int num_qubits() const { return num_controls + num_targets; }
};

// All gates that the core knows; a gate's code is its position.
const std::vector<GateKind>& gate_kinds();

}  // namespace queuebit
