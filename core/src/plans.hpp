// Prepares passes for the kernels.
#pragma once

#include "fusion.hpp"
#include "kernels.hpp"

namespace queuebit {

// A gate of at most kMostHighQubits targets, with any number of controls, on a state of `num_qubits`, for kernels that sum so many rows
// together.
template <class T>
DensePlan<T> plan_dense(const Gate& gate, int num_qubits, int rows_at_once);

template <class T>
DiagonalPlan<T> plan_diagonal(const std::vector<DiagonalTerm>& terms, int num_qubits);

// A gate of any width, amplitude by amplitude. Groups are the values of the other qubits.
template <class T>
struct WidePlan {
    BlockSelector selector;  // over amplitudes, not blocks
    std::uint64_t groups = 0;
    std::vector<std::uint64_t> offset;  // of each matrix row, in amplitudes
    std::vector<Complex> matrix;
};

template <class T>
WidePlan<T> plan_wide(const Gate& gate, int num_qubits);

template <class T>
void apply_wide(T* state, const WidePlan<T>& plan, std::uint64_t begin, std::uint64_t end);

// Where an amplitude's real part is; its imaginary part is kLanes<T> further.
template <class T>
std::uint64_t position_of(std::uint64_t amplitude) {
    return (amplitude >> kLaneBits<T>) * (2 * kLanes<T>) + (amplitude & (kLanes<T> - 1));
}

}  // namespace queuebit
