// From states and random numbers to basis states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "kernels.hpp"
#include "team.hpp"

namespace queuebit {

// Writes `count` random numbers in [0, 1) to `out`, from number `first` on.
using Numbers = std::function<void(std::size_t first, std::size_t count, double* out)>;

// Numbers that are drawn between two looks at the cancel flag, at most: some milliseconds of work.
constexpr std::size_t kNumbersAtOnce = std::size_t{1} << 18;

// Samples `count` basis states by inverting the cumulative distribution in the order of the amplitudes. The sums are made in an
// order that doesn't depend on the number of threads.
template <class T>
void sample_basis_states(const T* state, int num_qubits, std::size_t count, const Numbers& numbers,
                         std::int64_t* outcomes, const Kernels<T>& kernels, Team& team,
                         const std::function<void()>& poll);

}  // namespace queuebit
