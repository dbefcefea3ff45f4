// Gathers gates into fewer, larger operations.
#pragma once

#include <memory>
#include <vector>

#include "circuit.hpp"

namespace queuebit {

// A dense matrix on few qubits, ascending; bit i of an index is qubits[i].
struct Cluster {
    Qubits qubits;
    Matrix matrix;
};

// A diagonal gate wider than this is made like any other gate of its width.
constexpr std::size_t kWidestTerm = 4;

// A factor for each value of some qubits, ascending.
struct DiagonalTerm {
    Qubits qubits;
    Complex factors[1 << kWidestTerm];

    std::size_t size() const { return std::size_t{1} << qubits.size(); }
};

// One pass over the state.
struct Pass {
    enum class Kind { kCluster, kDiagonal, kGate } kind;
    Cluster cluster;
    std::vector<DiagonalTerm> terms;
    std::unique_ptr<Gate> gate;  // too wide to be gathered
};

// Gathers gates, which come in circuit order, into passes. The product of the passes is the product of the gates, to rounding.
class Fuser {
   public:
    // Clusters have at most `most_qubits` qubits, 1 or more.
    Fuser(int num_qubits, int most_qubits);

    void add(const Gate& gate);

    // The passes, in order; begins anew.
    std::vector<Pass> finish();

   private:
    // What a qubit has seen so far.
    struct Wire {
        int last = -1;        // the last pass on it
        int last_dense = -1;  // the last one that isn't diagonal
        bool holds = false;   // whether a gate on it alone waits for a cluster
        Complex held[4];      // the product of the gates that wait
    };

    Wire& wire(int qubit) { return wires_[static_cast<std::size_t>(qubit)]; }
    Pass& pass(int number) { return passes_[static_cast<std::size_t>(number)]; }

    void hold(const Gate& gate);
    void release(int qubit);
    void add_dense(const Gate& gate);
    void add_diagonal(const Gate& gate);
    void add_wide(const Gate& gate);
    int room_for(const Gate& gate, int earliest);
    int last_common_cluster(const Gate& gate);
    void include(int at, const Gate& gate);
    void include_held(int at, int qubit);
    void touch(int qubit, int at, bool dense);

    const std::size_t most_qubits_;
    std::vector<Pass> passes_;
    std::vector<Wire> wires_;
};

}  // namespace queuebit
