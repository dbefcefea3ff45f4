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

template <class T>
DensePlan<T> plan_dense(const Gate& gate, int num_qubits, int rows_at_once) {
    constexpr int lanes = kLanes<T>, lane_bits = kLaneBits<T>;
    DensePlan<T> plan;
    std::vector<std::pair<int, std::uint64_t>> fixed;
    std::vector<int> high;  // positions of high targets, ascending
    for (int target : gate.targets) {
        if (target >= lane_bits) {
            high.push_back(target - lane_bits);
            fixed.emplace_back(target - lane_bits, 0);
        } else {
            plan.lane_mask |= 1 << target;
        }
    }
    std::sort(high.begin(), high.end());
    plan.high = static_cast<int>(high.size());
    int lane_controls = 0, lane_values = 0;
    for (std::size_t i = 0; i < gate.controls.size(); ++i) {
        const std::uint64_t bit = (gate.control_state >> i) & 1;
        if (gate.controls[i] >= lane_bits) {
            fixed.emplace_back(gate.controls[i] - lane_bits, bit);
        } else {
            lane_controls |= 1 << gate.controls[i];
            lane_values |= static_cast<int>(bit) << gate.controls[i];
        }
    }
    // Coefficients vary by lane only where the kernel has a lane qubit: then a control stands in for one.
    const bool stand_in = plan.lane_mask == 0 && lane_controls != 0;
    if (stand_in) plan.lane_mask = lane_controls & -lane_controls;
    plan.selector = selector_of(fixed);
    plan.groups = (std::uint64_t{1} << (num_qubits - lane_bits)) >> plan.selector.count;
    const int rows = 1 << plan.high, flips = 1 << ones(plan.lane_mask);
    for (int row = 0; row < rows; ++row) {
        for (int i = 0; i < plan.high; ++i) {
            if ((row >> i) & 1) plan.offset[row] += (std::uint64_t{1} << high[static_cast<std::size_t>(i)]) * 2 * lanes;
        }
    }
    // For each value of the high qubits and each lane, the index into the matrix.
    std::size_t index[1 << kMostHighQubits][lanes] = {};
    for (std::size_t i = 0; i < gate.targets.size(); ++i) {
        const int target = gate.targets[i];
        const auto place = std::lower_bound(high.begin(), high.end(), target - lane_bits) - high.begin();
        for (int row = 0; row < rows; ++row) {
            for (int lane = 0; lane < lanes; ++lane) {
                const int bit = target < lane_bits ? lane >> target : row >> place;
                index[row][lane] |= static_cast<std::size_t>(bit & 1) << i;
            }
        }
    }
    const int width = plan.lane_mask == 0 ? 1 : lanes;
    plan.coefficients.resize(static_cast<std::size_t>(2 * rows * rows * flips * width));
    T* out = plan.coefficients.data();
    const int at_once = std::min(rows, rows_at_once);
    for (int first = 0; first < rows; first += at_once) {
        for (int column = 0; column < rows; ++column) {
            for (int flip = 0; flip < flips; ++flip) {
                const int flipped = static_cast<int>(lane_spread(flip, plan.lane_mask));
                for (int row = first; row < first + at_once; ++row, out += 2 * width) {
                    for (int lane = 0; lane < width; ++lane) {
                        Complex value;
                        if ((lane & lane_controls) != lane_values) {
                            value = row == column && flip == 0 ? 1.0 : 0.0;
                        } else if (!(stand_in && flip != 0)) {
                            value = gate.matrix(index[row][lane], index[column][lane ^ flipped]);
                        }
                        out[lane] = static_cast<T>(value.real());
                        out[width + lane] = static_cast<T>(value.imag());
                    }
                }
            }
        }
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
