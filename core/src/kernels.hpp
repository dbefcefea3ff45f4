// What is done to a state, prepared for the machine: the one interface between the interpreter and the SIMD code.
//
// A state of 2^n amplitudes lies in memory as blocks of kLanes amplitudes: their real parts, then their imaginary parts,
// 64 bytes each. So the lowest qubits of an index are the lane within a block, the others are the block's number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned.hpp"

namespace queuebit {

template <class T>
constexpr int kLanes = 64 / static_cast<int>(sizeof(T));

template <class T>
constexpr int kLaneBits = sizeof(T) == 8 ? 3 : 4;

// Enumerates block numbers that have given bits at some positions, and everything at the others.
struct BlockSelector {
    int count = 0;
    std::int8_t position[60] = {};  // ascending
    std::uint64_t value = 0;        // the given bits, at their positions

    __attribute__((always_inline)) std::uint64_t block(std::uint64_t group) const {
        for (int i = 0; i < count; ++i) {
            const std::uint64_t low = (std::uint64_t{1} << position[i]) - 1;
            group = ((group & ~low) << 1) | (group & low);
        }
        return group | value;
    }
};

// The largest matrix that the dense kernels take, in qubits.
constexpr int kMostHighQubits = 4;

// A matrix on a few qubits. Some of them it only distinguishes: for each value of these it is another matrix on the others, a
// variant. Of the others, `high` are bits of the block number, the rest are given by `lane_mask`.
template <class T>
struct DensePlan {
    int high = 0;
    int lane_mask = 0;
    BlockSelector selector;
    std::uint64_t groups = 0;
    std::uint64_t offset[16] = {};  // in elements of T, for each value of the high qubits
    int variants = 0;               // those that do something
    std::uint64_t variant_offset[16] = {};  // in elements of T
    std::size_t variant_size = 0;           // in coefficients
    // By variant, rows that are summed together, column, lane permutation and row: the real, then the imaginary part.
    AlignedVector<T> coefficients;
};

// A factor for each amplitude, looked up by some of the index's bits.
template <class T>
struct FactorTable {
    struct Run {
        int shift;  // of the block number, to the right
        std::uint64_t mask;
        int position;  // in the table's index
    };
    std::vector<Run> runs;
    bool by_lane = false;
    AlignedVector<T> factors;  // by lane: a block (real parts, imaginary parts); else: real, imaginary

    __attribute__((always_inline)) std::uint64_t index(std::uint64_t block) const {
        std::uint64_t i = 0;
        for (const Run& run : runs) i |= ((block >> run.shift) & run.mask) << run.position;
        return i;
    }
};

template <class T>
struct DiagonalPlan {
    BlockSelector selector;
    std::uint64_t groups = 0;
    std::vector<FactorTable<T>> tables;
};

// The SIMD code for one instruction set. Ranges are of groups or blocks, so that threads and polls can share an operation.
template <class T>
struct Kernels {
    int rows_at_once;  // rows of a dense matrix whose sums are in registers together
    void (*dense)(T* state, const DensePlan<T>& plan, std::uint64_t begin, std::uint64_t end);
    void (*diagonal)(T* state, const DiagonalPlan<T>& plan, std::uint64_t begin, std::uint64_t end);
    // Sums of |amplitude|^2, of all and of those with a lane or block bit set, over blocks.
    void (*weights)(const T* state, int qubit, std::uint64_t begin, std::uint64_t end, double* sums);
    // |amplitude|^2 of each amplitude in blocks, in order.
    void (*probabilities)(const T* state, std::uint64_t begin, std::uint64_t end, double* out);
    // The sums of |amplitude|^2 over chunks of so many blocks each, from a block on.
    void (*chunk_weights)(const T* state, std::uint64_t first_block, std::uint64_t blocks, std::size_t chunks, double* out);
    // Multiplies amplitudes whose bit is `outcome` by `scale`, and sets the others to 0.
    void (*project)(T* state, int qubit, int outcome, double scale, std::uint64_t begin, std::uint64_t end);
    // One uniform number in [0, 1) per shot; the generator is described in philox.hpp.
    void (*uniforms)(std::uint64_t seed, std::uint32_t circuit, std::uint32_t draw, const std::int64_t* shots,
                     std::size_t count, double* out);
};

// The instruction sets that this build has code for and this machine can run, best first.
std::vector<const char*> available_simd();

// The code for one of them. Throws std::invalid_argument for a name that isn't available.
template <class T>
const Kernels<T>& kernels(const char* simd);


}  // namespace queuebit
