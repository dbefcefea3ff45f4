#include "stages.hpp"

#include <algorithm>
#include <cstring>

namespace queuebit {

std::vector<int> qubits_of(const Pass& pass) {
    switch (pass.kind) {
        case Pass::Kind::kCluster:
            return {pass.cluster.qubits.begin(), pass.cluster.qubits.end()};
        case Pass::Kind::kDiagonal: {
            std::vector<int> qubits;
            for (const DiagonalTerm& term : pass.terms) qubits.insert(qubits.end(), term.qubits.begin(), term.qubits.end());
            std::sort(qubits.begin(), qubits.end());
            qubits.erase(std::unique(qubits.begin(), qubits.end()), qubits.end());
            return qubits;
        }
        case Pass::Kind::kGate:
            break;
    }
    std::vector<int> qubits;
    pass.gate->each_qubit([&qubits](int qubit) { qubits.push_back(qubit); });
    return qubits;
}

StageChoice choose_stage(const std::vector<Pass>& passes, const std::vector<bool>& done, std::size_t first,
                         int num_qubits, int stage_qubits, int contiguous_qubits) {
    std::vector<bool> inside(static_cast<std::size_t>(num_qubits)), blocked(static_cast<std::size_t>(num_qubits));
    for (int qubit = 0; qubit < contiguous_qubits; ++qubit) inside[static_cast<std::size_t>(qubit)] = true;
    int room = stage_qubits - contiguous_qubits;
    int free = num_qubits;
    StageChoice choice;
    for (std::size_t i = first; i < passes.size() && free > 0; ++i) {
        if (done[i]) continue;
        const std::vector<int> qubits = qubits_of(passes[i]);
        bool fits = passes[i].kind != Pass::Kind::kGate;
        int growth = 0;
        for (int qubit : qubits) {
            fits = fits && !blocked[static_cast<std::size_t>(qubit)];
            growth += !inside[static_cast<std::size_t>(qubit)];
        }
        if (fits && growth <= room) {
            room -= growth;
            for (int qubit : qubits) inside[static_cast<std::size_t>(qubit)] = true;
            choice.taken.push_back(i);
            continue;
        }
        for (int qubit : qubits) {
            free -= !blocked[static_cast<std::size_t>(qubit)];
            blocked[static_cast<std::size_t>(qubit)] = true;
        }
    }
    // A part of the full size costs nothing more, and makes the runs longer.
    for (int qubit = 0; qubit < num_qubits && room > 0; ++qubit) {
        if (inside[static_cast<std::size_t>(qubit)]) continue;
        inside[static_cast<std::size_t>(qubit)] = true;
        --room;
    }
    for (int qubit = 0; qubit < num_qubits; ++qubit) {
        if (inside[static_cast<std::size_t>(qubit)]) choice.qubits.push_back(qubit);
    }
    return choice;
}

template <class T>
Stage<T> plan_stage(const std::vector<const Pass*>& passes, const std::vector<int>& qubits, int rows_at_once) {
    const int size = static_cast<int>(qubits.size());
    const auto local = [&](int qubit) {
        return static_cast<int>(std::lower_bound(qubits.begin(), qubits.end(), qubit) - qubits.begin());
    };
    Stage<T> stage;
    for (const Pass* pass : passes) {
        typename Stage<T>::Local step{pass->kind == Pass::Kind::kCluster, {}, {}};
        if (step.is_dense) {
            Gate gate;
            for (int qubit : pass->cluster.qubits) gate.targets.push_back(local(qubit));
            gate.matrix = pass->cluster.matrix;
            step.dense = plan_dense<T>(gate, size, rows_at_once);
        } else {
            std::vector<DiagonalTerm> terms = pass->terms;
            for (DiagonalTerm& term : terms) {
                for (std::int8_t& qubit : term.qubits) qubit = static_cast<std::int8_t>(local(qubit));
            }
            step.diagonal = plan_diagonal<T>(terms, size);
        }
        stage.passes.push_back(std::move(step));
    }
    int contiguous = 0;
    while (contiguous < size && qubits[static_cast<std::size_t>(contiguous)] == contiguous) ++contiguous;
    stage.run_blocks = std::uint64_t{1} << (contiguous - kLaneBits<T>);
    for (int qubit : qubits) stage.qubits |= std::uint64_t{1} << qubit;
    stage.runs.resize(std::size_t{1} << (size - contiguous));
    for (std::size_t run = 0; run < stage.runs.size(); ++run) {
        for (int i = contiguous; i < size; ++i) {
            if ((run >> (i - contiguous)) & 1) {
                stage.runs[run] |= std::uint64_t{1} << (qubits[static_cast<std::size_t>(i)] - kLaneBits<T>);
            }
        }
    }
    return stage;
}

template <class T>
StageParts Stage<T>::parts(std::uint64_t active, int num_qubits) const {
    StageParts parts;
    // The lowest qubits are within a block, and in each part; the selector is over blocks.
    const std::uint64_t fixed = qubits | ~active;
    for (int qubit = kLaneBits<T>; qubit < num_qubits; ++qubit) {
        if (((fixed >> qubit) & 1) == 0) continue;
        parts.first_block.position[parts.first_block.count++] = static_cast<std::int8_t>(qubit - kLaneBits<T>);
    }
    parts.count = std::uint64_t{1} << (num_qubits - kLaneBits<T> - parts.first_block.count);
    return parts;
}

// Copied between two looks at the cancel flag: 16 KiB or more, in as many pages at most.
constexpr std::size_t kRunsAtOnce = 8;

template <class T>
void apply_stage(T* state, const Stage<T>& stage, const BlockSelector& first_block, const Kernels<T>& kernels, T* buffer,
                 std::uint64_t begin, std::uint64_t end, const std::function<bool()>& is_cancelled) {
    const std::uint64_t block = 2 * kLanes<T>;
    const std::size_t run_bytes = stage.run_blocks * block * sizeof(T);
    for (std::uint64_t part = begin; part < end; ++part) {
        T* first = state + first_block.block(part) * block;
        const bool in_place = stage.runs.size() == 1;
        T* work = in_place ? first : buffer;
        if (!in_place) {
            for (std::size_t run = 0; run < stage.runs.size(); ++run) {
                if (run % kRunsAtOnce == 0 && is_cancelled()) return;
                std::memcpy(buffer + run * stage.run_blocks * block, first + stage.runs[run] * block, run_bytes);
            }
        }
        for (const auto& pass : stage.passes) {
            if (pass.is_dense) {
                kernels.dense(work, pass.dense, 0, pass.dense.groups);
            } else {
                kernels.diagonal(work, pass.diagonal, 0, pass.diagonal.groups);
            }
        }
        if (!in_place) {
            for (std::size_t run = 0; run < stage.runs.size(); ++run) {
                if (run % kRunsAtOnce == 0 && is_cancelled()) return;
                std::memcpy(first + stage.runs[run] * block, buffer + run * stage.run_blocks * block, run_bytes);
            }
        }
    }
}

#define QUEUEBIT_INSTANTIATE(T)                                                                                   \
    template Stage<T> plan_stage<T>(const std::vector<const Pass*>&, const std::vector<int>&, int);                  \
    template StageParts Stage<T>::parts(std::uint64_t, int) const;                                                \
    template void apply_stage<T>(T*, const Stage<T>&, const BlockSelector&, const Kernels<T>&, T*, std::uint64_t, \
                                 std::uint64_t, const std::function<bool()>&);
QUEUEBIT_INSTANTIATE(double)
QUEUEBIT_INSTANTIATE(float)
#undef QUEUEBIT_INSTANTIATE

}  // namespace queuebit
