// From states and random numbers to basis states.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels.hpp"
#include "team.hpp"

namespace queuebit {

// Samples a basis state for each number in [0, 1), by inverting the cumulative distribution in the order of the amplitudes. The
// sums are made in an order that doesn't depend on the number of threads.
template <class T>
std::vector<std::uint64_t> sample_basis_states(const T* state, int num_qubits, const std::vector<double>& numbers,
                                               const Kernels<T>& kernels, Team& team,
                                               const std::function<void()>& poll);

}  // namespace queuebit
