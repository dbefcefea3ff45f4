// Runs of passes that stay within a part of the state that fits into a core's cache.
//
// A state that doesn't fit is read and written once a stage instead of once a pass: for each value of the qubits that no pass of
// the stage touches, the amplitudes of all others are copied to a small buffer, all passes are made there, and the buffer is
// copied back.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fusion.hpp"
#include "kernels.hpp"
#include "plans.hpp"

namespace queuebit {

// Qubits of the part: as many amplitudes as half of a second-level cache of 1 MiB holds.
template <class T>
constexpr int kStageQubits = sizeof(T) == 8 ? 15 : 16;

// The parts of a state that a stage works on.
struct StageParts {
    BlockSelector first_block;  // of each part
    std::uint64_t count = 0;
};

template <class T>
struct Stage {
    struct Local {
        bool is_dense;
        DensePlan<T> dense;
        DiagonalPlan<T> diagonal;
    };
    std::vector<Local> passes;          // on the buffer
    std::uint64_t qubits = 0;           // of a part, as a mask
    std::vector<std::uint64_t> runs;    // where the part's contiguous runs lie, in blocks from its first
    std::uint64_t run_blocks = 0;       // blocks in a run

    // The parts of a state of `num_qubits` that may have an amplitude that isn't 0: the qubits that aren't `active` are 0.
    StageParts parts(std::uint64_t active, int num_qubits) const;
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
Stage<T> plan_stage(const std::vector<const Pass*>& passes, const std::vector<int>& qubits, int rows_at_once);

// Makes the passes of a stage on the parts begin..end, whose first blocks are given. `buffer` has room for 2^kStageQubits<T> amplitudes.
// The runs of one part lie all over the state: where the system has to find a page for each, they take seconds together. So
// `is_cancelled` is asked before each, and ends it; then the state is of no use.
template <class T>
void apply_stage(T* state, const Stage<T>& stage, const BlockSelector& first_block, const Kernels<T>& kernels, T* buffer,
                 std::uint64_t begin, std::uint64_t end, const std::function<bool()>& is_cancelled);

std::vector<int> qubits_of(const Pass& pass);

}  // namespace queuebit
