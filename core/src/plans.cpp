#include "plans.hpp"

#include <algorithm>
#include <utility>

namespace queuebit {
namespace {

BlockSelector selector_of(std::vector<std::pair<int, std::uint64_t>> bits) {
    std::sort(bits.begin(), bits.end());
    BlockSelector selector;
    for (const auto& [position, bit] : bits) {
        selector.position[selector.count++] = static_cast<std::int8_t>(position);
        selector.value |= bit << position;
    }
    return selector;
}

std::uint64_t lane_spread(int index, int mask) {
    std::uint64_t result = 0;
    for (int bit = 1; mask != 0; mask >>= 1, bit <<= 1) {
        if (mask & 1) {
            if (index & 1) result |= static_cast<std::uint64_t>(bit);
            index >>= 1;
        }
    }
    return result;
}

int ones(int mask) {
    int count = 0;
    for (; mask != 0; mask &= mask - 1) ++count;
    return count;
}

}  // namespace

namespace {

// Which targets a matrix only distinguishes: it never turns one of their values into the other. As a mask of targets.
std::size_t find_distinguished(const Matrix& matrix) {
    std::size_t mixed = 0;
    for (std::size_t row = 0; row < matrix.rows(); ++row) {
        for (std::size_t column = 0; column < matrix.rows(); ++column) {
            if (matrix(row, column) != 0.0) mixed |= row ^ column;
        }
    }
    return (matrix.rows() - 1) & ~mixed;
}

// The qubits of a gate by what they are to the kernels.
struct DenseQubits {
    std::vector<int> high;     // positions of targets in the block number, ascending
    std::vector<int> variant;  // those that the matrix only distinguishes
    int lane_mask = 0;         // targets in the lane
    int lane_variants = 0;
    int lane_controls = 0;
    int lane_values = 0;
    bool stand_in = false;
    std::vector<std::pair<int, std::uint64_t>> fixed;
};

template <class T>
DenseQubits sort_qubits(const Gate& gate) {
    constexpr int lane_bits = kLaneBits<T>;
    const std::size_t distinguished = find_distinguished(gate.matrix);
    DenseQubits qubits;
    for (std::size_t i = 0; i < gate.targets.size(); ++i) {
        const int target = gate.targets[i];
        const bool is_variant = (distinguished >> i) & 1;
        if (target < lane_bits) {
            (is_variant ? qubits.lane_variants : qubits.lane_mask) |= 1 << target;
        } else {
            (is_variant ? qubits.variant : qubits.high).push_back(target - lane_bits);
            qubits.fixed.emplace_back(target - lane_bits, 0);
        }
    }
    std::sort(qubits.high.begin(), qubits.high.end());
    std::sort(qubits.variant.begin(), qubits.variant.end());
    for (std::size_t i = 0; i < gate.controls.size(); ++i) {
        const std::uint64_t bit = (gate.control_state >> i) & 1;
        if (gate.controls[i] >= lane_bits) {
            qubits.fixed.emplace_back(gate.controls[i] - lane_bits, bit);
        } else {
            qubits.lane_controls |= 1 << gate.controls[i];
            qubits.lane_values |= static_cast<int>(bit) << gate.controls[i];
        }
    }
    // Coefficients vary by lane only where the kernel has a lane qubit: then another one stands in for it.
    const int by_lane = qubits.lane_controls | qubits.lane_variants;
    qubits.stand_in = qubits.lane_mask == 0 && by_lane != 0;
    if (qubits.stand_in) qubits.lane_mask = by_lane & -by_lane;
    return qubits;
}

// The offset in elements of T for a value of some positions in the block number.
template <class T>
std::uint64_t offset_of(int value, const std::vector<int>& positions) {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if ((value >> i) & 1) offset += (std::uint64_t{1} << positions[i]) * 2 * kLanes<T>;
    }
    return offset;
}

// The row or column of the matrix for a value of the high qubits, one of the distinguished, and a lane.
template <class T>
std::size_t index_of(const Gate& gate, const DenseQubits& qubits, int high, int variant, int lane) {
    std::size_t index = 0;
    const auto bit_of = [](int value, const std::vector<int>& positions, int position) {
        const auto found = std::lower_bound(positions.begin(), positions.end(), position);
        return found != positions.end() && *found == position ? (value >> (found - positions.begin())) & 1 : 0;
    };
    for (std::size_t i = 0; i < gate.targets.size(); ++i) {
        const int target = gate.targets[i], position = target - kLaneBits<T>;
        const int bit = position < 0 ? (lane >> target) & 1
                                     : bit_of(high, qubits.high, position) | bit_of(variant, qubits.variant, position);
        index |= static_cast<std::size_t>(bit) << i;
    }
    return index;
}

// Appends a variant's coefficients; false if it does nothing.
template <class T>
bool add_variant(DensePlan<T>& plan, const Gate& gate, const DenseQubits& qubits, int variant, int rows_at_once) {
    constexpr int lanes = kLanes<T>;
    const int rows = 1 << plan.high, flips = 1 << ones(plan.lane_mask), width = plan.lane_mask == 0 ? 1 : lanes;
    std::size_t index[1 << kMostHighQubits][lanes];
    for (int row = 0; row < rows; ++row) {
        for (int lane = 0; lane < lanes; ++lane) index[row][lane] = index_of<T>(gate, qubits, row, variant, lane);
    }
    const std::size_t first = plan.coefficients.size();
    plan.coefficients.resize(first + plan.variant_size);
    T* out = plan.coefficients.data() + first;
    const int at_once = std::min(rows, rows_at_once);
    bool is_identity = true;
    for (int top = 0; top < rows; top += at_once) {
        for (int column = 0; column < rows; ++column) {
            for (int flip = 0; flip < flips; ++flip) {
                const int flipped = static_cast<int>(lane_spread(flip, plan.lane_mask));
                for (int row = top; row < top + at_once; ++row, out += 2 * width) {
                    const Complex unchanged = row == column && flip == 0 ? 1.0 : 0.0;
                    for (int lane = 0; lane < width; ++lane) {
                        Complex value = unchanged;
                        if ((lane & qubits.lane_controls) == qubits.lane_values) {
                            value = qubits.stand_in && flip != 0
                                        ? 0.0
                                        : gate.matrix(index[row][lane], index[column][lane ^ flipped]);
                        }
                        is_identity = is_identity && value == unchanged;
                        out[lane] = static_cast<T>(value.real());
                        out[width + lane] = static_cast<T>(value.imag());
                    }
                }
            }
        }
    }
    if (is_identity) plan.coefficients.resize(first);
    return !is_identity;
}

}  // namespace

template <class T>
DensePlan<T> plan_dense(const Gate& gate, int num_qubits, int rows_at_once) {
    const DenseQubits qubits = sort_qubits<T>(gate);
    DensePlan<T> plan;
    plan.high = static_cast<int>(qubits.high.size());
    plan.lane_mask = qubits.lane_mask;
    plan.selector = selector_of(qubits.fixed);
    plan.groups = (std::uint64_t{1} << (num_qubits - kLaneBits<T>)) >> plan.selector.count;
    const int rows = 1 << plan.high, width = plan.lane_mask == 0 ? 1 : kLanes<T>;
    for (int row = 0; row < rows; ++row) plan.offset[row] = offset_of<T>(row, qubits.high);
    plan.variant_size = static_cast<std::size_t>(2 * rows * rows * width) << ones(plan.lane_mask);
    for (int variant = 0; variant < 1 << qubits.variant.size(); ++variant) {
        if (!add_variant(plan, gate, qubits, variant, rows_at_once)) continue;
        plan.variant_offset[plan.variants++] = offset_of<T>(variant, qubits.variant);
    }
    return plan;
}

namespace {

// Qubits whose factors share a table.
struct TableQubits {
    std::uint64_t mask = 0;
    std::vector<const DiagonalTerm*> terms;
};

constexpr int kWidestTable = 10;  // its factors stay in the first-level cache

int count_bits(std::uint64_t mask) { return __builtin_popcountll(mask); }

std::uint64_t mask_of(const DiagonalTerm& term) {
    std::uint64_t mask = 0;
    for (int qubit : term.qubits) mask |= std::uint64_t{1} << qubit;
    return mask;
}

std::vector<TableQubits> share_tables(const std::vector<DiagonalTerm>& terms) {
    std::vector<TableQubits> tables;
    for (const DiagonalTerm& term : terms) {
        const std::uint64_t mask = mask_of(term);
        TableQubits* best = nullptr;
        for (TableQubits& table : tables) {
            if (count_bits(table.mask | mask) > kWidestTable) continue;
            if (best == nullptr || count_bits(table.mask | mask) - count_bits(table.mask) <
                                       count_bits(best->mask | mask) - count_bits(best->mask)) {
                best = &table;
            }
        }
        if (best == nullptr) best = &tables.emplace_back();
        best->mask |= mask;
        best->terms.push_back(&term);
    }
    return tables;
}

// A qubit of the block number that must be 1 for any factor to differ from 1; -1 if there is none.
int common_control(const std::vector<DiagonalTerm>& terms, int lane_bits) {
    std::uint64_t candidates = ~std::uint64_t{0} << lane_bits;
    for (const DiagonalTerm& term : terms) {
        std::uint64_t controls = 0;
        for (std::size_t i = 0; i < term.qubits.size(); ++i) {
            bool is_control = true;
            for (std::size_t index = 0; index < term.size(); ++index) {
                if (!((index >> i) & 1) && term.factors[index] != 1.0) is_control = false;
            }
            if (is_control) controls |= std::uint64_t{1} << term.qubits[i];
        }
        candidates &= controls;
    }
    return candidates == 0 ? -1 : __builtin_ctzll(candidates);
}

template <class T>
FactorTable<T> make_table(const TableQubits& shared, int control) {
    constexpr int lanes = kLanes<T>, lane_bits = kLaneBits<T>;
    FactorTable<T> table;
    const std::uint64_t lane_mask = static_cast<std::uint64_t>(lanes - 1);
    table.by_lane = (shared.mask & lane_mask) != 0;
    std::uint64_t high = shared.mask & ~lane_mask;
    if (control >= 0) high &= ~(std::uint64_t{1} << control);
    std::vector<int> positions;  // of index bits, as qubits
    for (int qubit = lane_bits; qubit < 64; ++qubit) {
        if (!((high >> qubit) & 1)) continue;
        if (!positions.empty() && positions.back() == qubit - 1) {
            auto& run = table.runs.back();
            run.mask = (run.mask << 1) | 1;
        } else {
            table.runs.push_back({qubit - lane_bits, 1, static_cast<int>(positions.size())});
        }
        positions.push_back(qubit);
    }
    const std::uint64_t size = std::uint64_t{1} << positions.size();
    const int width = table.by_lane ? lanes : 1;
    table.factors.resize(size * 2 * static_cast<std::size_t>(width));
    for (std::uint64_t index = 0; index < size; ++index) {
        std::uint64_t amplitude = control >= 0 ? std::uint64_t{1} << control : 0;
        for (std::size_t i = 0; i < positions.size(); ++i) amplitude |= ((index >> i) & 1) << positions[i];
        for (int lane = 0; lane < width; ++lane) {
            Complex factor = 1.0;
            for (const DiagonalTerm* term : shared.terms) {
                std::size_t entry = 0;
                for (std::size_t i = 0; i < term->qubits.size(); ++i) {
                    entry |= (((amplitude | static_cast<std::uint64_t>(lane)) >> term->qubits[i]) & 1) << i;
                }
                factor *= term->factors[entry];
            }
            T* block = table.factors.data() + index * 2 * static_cast<std::uint64_t>(width);
            block[lane] = static_cast<T>(factor.real());
            block[width + lane] = static_cast<T>(factor.imag());
        }
    }
    return table;
}

}  // namespace

template <class T>
DiagonalPlan<T> plan_diagonal(const std::vector<DiagonalTerm>& terms, int num_qubits) {
    DiagonalPlan<T> plan;
    const int control = common_control(terms, kLaneBits<T>);
    if (control >= 0) plan.selector = selector_of({{control - kLaneBits<T>, 1}});
    plan.groups = (std::uint64_t{1} << (num_qubits - kLaneBits<T>)) >> plan.selector.count;
    for (const TableQubits& shared : share_tables(terms)) plan.tables.push_back(make_table<T>(shared, control));
    return plan;
}

template <class T>
WidePlan<T> plan_wide(const Gate& gate, int num_qubits) {
    WidePlan<T> plan;
    std::vector<std::pair<int, std::uint64_t>> fixed;
    for (int target : gate.targets) fixed.emplace_back(target, 0);
    for (std::size_t i = 0; i < gate.controls.size(); ++i) {
        fixed.emplace_back(gate.controls[i], (gate.control_state >> i) & 1);
    }
    plan.selector = selector_of(fixed);
    plan.groups = (std::uint64_t{1} << num_qubits) >> plan.selector.count;
    plan.offset.resize(std::size_t{1} << gate.targets.size());
    for (std::size_t row = 0; row < plan.offset.size(); ++row) {
        for (std::size_t i = 0; i < gate.targets.size(); ++i) {
            if ((row >> i) & 1) plan.offset[row] |= std::uint64_t{1} << gate.targets[i];
        }
    }
    plan.matrix.assign(gate.matrix.data(), gate.matrix.data() + gate.matrix.rows() * gate.matrix.rows());
    return plan;
}

template <class T>
void apply_wide(T* state, const WidePlan<T>& plan, std::uint64_t begin, std::uint64_t end) {
    const std::size_t size = plan.offset.size();
    std::vector<Complex> in(size);
    for (std::uint64_t group = begin; group < end; ++group) {
        const std::uint64_t base = plan.selector.block(group);
        for (std::size_t row = 0; row < size; ++row) {
            const T* amplitude = state + position_of<T>(base | plan.offset[row]);
            in[row] = {amplitude[0], amplitude[kLanes<T>]};
        }
        for (std::size_t row = 0; row < size; ++row) {
            double re = 0, im = 0;
            for (std::size_t column = 0; column < size; ++column) {
                const Complex a = plan.matrix[row * size + column], b = in[column];
                re += a.real() * b.real() - a.imag() * b.imag();
                im += a.real() * b.imag() + a.imag() * b.real();
            }
            T* amplitude = state + position_of<T>(base | plan.offset[row]);
            amplitude[0] = static_cast<T>(re);
            amplitude[kLanes<T>] = static_cast<T>(im);
        }
    }
}

#define QUEUEBIT_INSTANTIATE(T)                                                                          \
    template DensePlan<T> plan_dense<T>(const Gate&, int, int);                                               \
    template DiagonalPlan<T> plan_diagonal<T>(const std::vector<DiagonalTerm>&, int);                    \
    template WidePlan<T> plan_wide<T>(const Gate&, int);                                                 \
    template void apply_wide<T>(T*, const WidePlan<T>&, std::uint64_t, std::uint64_t);
QUEUEBIT_INSTANTIATE(double)
QUEUEBIT_INSTANTIATE(float)
#undef QUEUEBIT_INSTANTIATE

}  // namespace queuebit
