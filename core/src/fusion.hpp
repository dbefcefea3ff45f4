// Gathers gates into fewer, larger operations.
#pragma once

#include <vector>

#include "circuit.hpp"

namespace queuebit {

// A dense matrix on few qubits, ascending; bit i of an index is qubits[i].
struct Cluster {
    std::vector<int> qubits;
    Matrix matrix;
};

// A factor for each value of some qubits, ascending.
struct DiagonalTerm {
    std::vector<int> qubits;
    std::vector<Complex> factors;
};

// One pass over the state.
struct Pass {
    enum class Kind { kCluster, kDiagonal, kGate } kind;
    Cluster cluster;
    std::vector<DiagonalTerm> terms;
    Gate gate;  // too wide to be gathered
};

// Gathers gates in circuit order. Clusters have at most `most_qubits` qubits, 1 or more. The product of the passes is the product
// of the gates, to rounding.
std::vector<Pass> fuse(const std::vector<const Gate*>& gates, int num_qubits, int most_qubits);

}  // namespace queuebit
