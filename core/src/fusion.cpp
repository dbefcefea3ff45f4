#include "fusion.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace queuebit {
namespace {

Cluster empty_cluster() {
    const Complex one = 1.0;
    return {{}, Matrix(1, &one)};
}

std::size_t place_in(const Cluster& cluster, int qubit) {
    return static_cast<std::size_t>(std::lower_bound(cluster.qubits.begin(), cluster.qubits.end(), qubit) -
                                    cluster.qubits.begin());
}

bool has(const Cluster& cluster, int qubit) {
    return std::binary_search(cluster.qubits.begin(), cluster.qubits.end(), qubit);
}

// The product of a row of a small matrix with some rows of another.
template <std::size_t Size>
void multiply_rows(const Complex* gate, Complex* const* rows, std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column) {
        Complex in[Size];
        for (std::size_t j = 0; j < Size; ++j) in[j] = rows[j][column];
        for (std::size_t i = 0; i < Size; ++i) {
            double re = 0, im = 0;
            for (std::size_t j = 0; j < Size; ++j) {
                const Complex a = gate[i * Size + j], b = in[j];
                re += a.real() * b.real() - a.imag() * b.imag();
                im += a.real() * b.imag() + a.imag() * b.real();
            }
            rows[i][column] = {re, im};
        }
    }
}

// Multiplies a cluster's matrix from the left by a gate on one of its qubits.
void apply(Cluster& cluster, int qubit, const Complex* gate) {
    const std::size_t size = cluster.matrix.rows(), bit = std::size_t{1} << place_in(cluster, qubit);
    for (std::size_t row = 0; row < size; ++row) {
        if ((row & bit) != 0) continue;
        Complex* rows[2] = {cluster.matrix.data() + row * size, cluster.matrix.data() + (row | bit) * size};
        multiply_rows<2>(gate, rows, size);
    }
}

// The same by a controlled gate whose qubits the cluster has.
void apply(Cluster& cluster, const Gate& gate) {
    const std::size_t size = cluster.matrix.rows(), gate_size = gate.matrix.rows();
    std::size_t control_mask = 0, control_value = 0, target_mask = 0;
    for (std::size_t i = 0; i < gate.controls.size(); ++i) {
        const std::size_t bit = std::size_t{1} << place_in(cluster, gate.controls[i]);
        control_mask |= bit;
        if ((gate.control_state >> i) & 1) control_value |= bit;
    }
    std::size_t offset[16] = {};
    for (std::size_t i = 0; i < gate.targets.size(); ++i) {
        const std::size_t bit = std::size_t{1} << place_in(cluster, gate.targets[i]);
        target_mask |= bit;
        for (std::size_t j = 0; j < gate_size; ++j) {
            if ((j >> i) & 1) offset[j] |= bit;
        }
    }
    for (std::size_t row = 0; row < size; ++row) {
        if ((row & target_mask) != 0 || (row & control_mask) != control_value) continue;
        Complex* rows[16];
        for (std::size_t j = 0; j < gate_size; ++j) rows[j] = cluster.matrix.data() + (row | offset[j]) * size;
        switch (gate_size) {
            case 1:
                multiply_rows<1>(gate.matrix.data(), rows, size);
                break;
            case 2:
                multiply_rows<2>(gate.matrix.data(), rows, size);
                break;
            case 4:
                multiply_rows<4>(gate.matrix.data(), rows, size);
                break;
            case 8:
                multiply_rows<8>(gate.matrix.data(), rows, size);
                break;
            default:
                multiply_rows<16>(gate.matrix.data(), rows, size);
        }
    }
}

// Adds a qubit on which the cluster does nothing yet.
void widen(Cluster& cluster, int qubit) {
    const std::size_t bit = std::size_t{1} << place_in(cluster, qubit);
    const std::size_t old_size = cluster.matrix.rows(), size = 2 * old_size;
    Matrix wider(size);
    const auto stretched = [bit](std::size_t i) { return ((i & ~(bit - 1)) << 1) | (i & (bit - 1)); };
    for (std::size_t row = 0; row < old_size; ++row) {
        for (std::size_t column = 0; column < old_size; ++column) {
            const std::size_t r = stretched(row), c = stretched(column);
            wider.data()[r * size + c] = cluster.matrix(row, column);
            wider.data()[(r | bit) * size + (c | bit)] = cluster.matrix(row, column);
        }
    }
    cluster.qubits.insert(qubit);
    cluster.matrix = std::move(wider);
}

DiagonalTerm diagonal_term(const Gate& gate) {
    DiagonalTerm term;
    gate.each_qubit([&term](int qubit) { term.qubits.insert(qubit); });
    const auto place = [&term](int qubit) { return std::lower_bound(term.qubits.begin(), term.qubits.end(), qubit) - term.qubits.begin(); };
    std::size_t control_mask = 0, control_value = 0;
    for (std::size_t i = 0; i < gate.controls.size(); ++i) {
        control_mask |= std::size_t{1} << place(gate.controls[i]);
        control_value |= ((gate.control_state >> i) & 1) << place(gate.controls[i]);
    }
    for (std::size_t index = 0; index < term.size(); ++index) {
        std::size_t row = 0;
        for (std::size_t i = 0; i < gate.targets.size(); ++i) row |= ((index >> place(gate.targets[i])) & 1) << i;
        term.factors[index] = (index & control_mask) == control_value ? gate.matrix(row, row) : Complex(1.0);
    }
    return term;
}

// How many passes back a gate looks for one that takes it.
constexpr int kLookBack = 64;

}  // namespace

Fuser::Fuser(int num_qubits, int most_qubits)
    : most_qubits_(static_cast<std::size_t>(most_qubits)), wires_(static_cast<std::size_t>(num_qubits)) {}

void Fuser::add(const Gate& gate) {
    const std::size_t width = gate.num_qubits();
    if (width <= kWidestTerm && gate.is_diagonal()) {
        add_diagonal(gate);
    } else if (width == 1) {
        hold(gate);
    } else if (width > most_qubits_) {
        add_wide(gate);
    } else {
        add_dense(gate);
    }
}

std::vector<Pass> Fuser::finish() {
    for (std::size_t qubit = 0; qubit < wires_.size(); ++qubit) release(static_cast<int>(qubit));
    wires_.assign(wires_.size(), {});
    return std::exchange(passes_, {});
}

// A gate on one qubit waits for a cluster on that qubit, in which it costs nothing.
void Fuser::hold(const Gate& gate) {
    Wire& at = wire(gate.targets[0]);
    if (at.holds) {
        Complex* const rows[2] = {at.held, at.held + 2};
        multiply_rows<2>(gate.matrix.data(), rows, 2);
    } else {
        std::copy_n(gate.matrix.data(), 4, at.held);
        at.holds = true;
    }
}

// The gates that waited go into the last cluster on their qubit, or else into any.
void Fuser::release(int qubit) {
    if (!wire(qubit).holds) return;
    const int last = wire(qubit).last;
    Gate gate;
    gate.targets = {qubit};
    include_held(last >= 0 && pass(last).kind == Pass::Kind::kCluster ? last : room_for(gate, last), qubit);
}

void Fuser::include_held(int at, int qubit) {
    if (!wire(qubit).holds) return;
    wire(qubit).holds = false;
    Cluster& cluster = pass(at).cluster;
    if (!has(cluster, qubit)) widen(cluster, qubit);
    touch(qubit, at, true);
    apply(cluster, qubit, wire(qubit).held);
}

void Fuser::add_dense(const Gate& gate) {
    int earliest = -1;
    gate.each_qubit([&](int qubit) { earliest = std::max(earliest, wire(qubit).last); });
    const int at = room_for(gate, earliest);
    gate.each_qubit([&](int qubit) { include_held(at, qubit); });
    include(at, gate);
}

// The cluster, not before `earliest`, that takes the gate with the least growth; a new one if there is none.
int Fuser::room_for(const Gate& gate, int earliest) {
    const int end = static_cast<int>(passes_.size());
    int best = -1;
    std::size_t best_growth = 0;
    for (int i = std::max({earliest, 0, end - kLookBack}); i < end; ++i) {
        if (pass(i).kind != Pass::Kind::kCluster) continue;
        const Cluster& cluster = pass(i).cluster;
        std::size_t growth = 0;
        gate.each_qubit([&](int qubit) { growth += !has(cluster, qubit); });
        if (cluster.qubits.size() + growth <= most_qubits_ && (best < 0 || growth < best_growth)) {
            best = i;
            best_growth = growth;
        }
    }
    if (best >= 0) return best;
    passes_.push_back({Pass::Kind::kCluster, empty_cluster(), {}, {}});
    return end;
}

void Fuser::include(int at, const Gate& gate) {
    Cluster& cluster = pass(at).cluster;
    gate.each_qubit([&](int qubit) {
        if (!has(cluster, qubit)) widen(cluster, qubit);
        touch(qubit, at, true);
    });
    apply(cluster, gate);
}

// Diagonal gates commute, so one goes behind the last dense pass on its qubits, into any diagonal pass there is.
void Fuser::add_diagonal(const Gate& gate) {
    if (gate.num_qubits() == 1) {
        const Wire& at = wire(gate.targets[0]);
        if (at.holds || (at.last >= 0 && pass(at.last).kind == Pass::Kind::kCluster)) return hold(gate);
    }
    gate.each_qubit([&](int qubit) { release(qubit); });
    const int cluster = last_common_cluster(gate);
    if (cluster >= 0) return include(cluster, gate);
    int earliest = -1;
    gate.each_qubit([&](int qubit) { earliest = std::max(earliest, wire(qubit).last_dense); });
    const int end = static_cast<int>(passes_.size());
    int at = end;
    for (int i = end - 1; i > earliest && i >= end - kLookBack && at == end; --i) {
        if (pass(i).kind == Pass::Kind::kDiagonal) at = i;
    }
    if (at == end) passes_.push_back({Pass::Kind::kDiagonal, {}, {}, {}});
    pass(at).terms.push_back(diagonal_term(gate));
    gate.each_qubit([&](int qubit) { touch(qubit, at, false); });
}

// The cluster that is the last pass on one of the gate's qubits and has all of them; or -1.
int Fuser::last_common_cluster(const Gate& gate) {
    int last = -1;
    bool all = true;
    gate.each_qubit([&](int qubit) { last = std::max(last, wire(qubit).last); });
    if (last < 0 || pass(last).kind != Pass::Kind::kCluster) return -1;
    gate.each_qubit([&](int qubit) { all = all && has(pass(last).cluster, qubit); });
    return all ? last : -1;
}

void Fuser::add_wide(const Gate& gate) {
    gate.each_qubit([&](int qubit) { release(qubit); });
    const int at = static_cast<int>(passes_.size());
    passes_.push_back({Pass::Kind::kGate, {}, {}, std::make_unique<Gate>(gate)});
    gate.each_qubit([&](int qubit) { touch(qubit, at, true); });
}

void Fuser::touch(int qubit, int at, bool dense) {
    wire(qubit).last = std::max(wire(qubit).last, at);
    if (dense) wire(qubit).last_dense = std::max(wire(qubit).last_dense, at);
}

}  // namespace queuebit
