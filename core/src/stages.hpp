// Runs of passes that stay within a part of the state that fits into a core's cache.
//
// A state that doesn't fit is read and written once a stage instead of once a pass: for each value of the qubits that no pass of
// the stage touches, the amplitudes of all others are copied to a small buffer, all passes are made there, and the buffer is
// copied back.
#pragma once

#include <cstdint>
#include <vector>

#include "fusion.hpp"
#include "kernels.hpp"
#include "plans.hpp"

namespace queuebit {

// Qubits of the part: as many amplitudes as half of a second-level cache of 1 MiB holds.
template <class T>
constexpr int kStageQubits = sizeof(T) == 8 ? 15 : 16;

template <class T>
struct Stage {
    struct Local {
        bool is_dense;
        DensePlan<T> dense;
        DiagonalPlan<T> diagonal;
    };
    std::vector<Local> passes;          // on the buffer
    BlockSelector parts;                // the first block of each part: its touched qubits are 0
    std::uint64_t num_parts = 0;
    std::vector<std::uint64_t> runs;    // where the part's contiguous runs lie, in blocks from its first
    std::uint64_t run_blocks = 0;       // blocks in a run
};

// Which passes, in order, make up the next stage, and its qubits; the others stay for later stages. The first of `passes` is always
// taken unless it is too wide.
struct StageChoice {
    std::vector<std::size_t> taken;
    std::vector<int> qubits;
};

StageChoice choose_stage(const std::vector<Pass>& passes, const std::vector<bool>& done, std::size_t first,
                         int num_qubits, int stage_qubits, int contiguous_qubits);

template <class T>
Stage<T> plan_stage(const std::vector<const Pass*>& passes, const std::vector<int>& qubits, int num_qubits,
                    int rows_at_once);

// Makes the passes of a stage on the parts begin..end. `buffer` has room for 2^kStageQubits<T> amplitudes.
template <class T>
void apply_stage(T* state, const Stage<T>& stage, const Kernels<T>& kernels, T* buffer, std::uint64_t begin,
                 std::uint64_t end);

std::vector<int> qubits_of(const Pass& pass);

}  // namespace queuebit
