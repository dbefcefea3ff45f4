#include "reading.hpp"

#include <cmath>
#include <string_view>
#include <unordered_map>

#include "circuit.hpp"

namespace queuebit {
namespace {

// Of `QkOperationKind` and `QkParamKind`.
enum OperationKind : std::uint8_t { kGateOperation = 0, kBarrier = 1, kDelay = 2, kMeasureOperation = 3, kResetOperation = 4 };
enum ParamKind : std::uint8_t { kReal = 1, kInteger = 3 };

std::int32_t code_of(std::string_view name) {
    static const std::unordered_map<std::string_view, std::int32_t> codes = [] {
        std::unordered_map<std::string_view, std::int32_t> made;
        for (const GateKind& kind : gate_kinds()) made.emplace(kind.name, static_cast<std::int32_t>(made.size()));
        return made;
    }();
    const auto found = codes.find(name);
    return found == codes.end() ? -1 : found->second;
}

class PlainReader {
   public:
    explicit PlainReader(const QiskitFunctions& qiskit) : qiskit_(qiskit), param_bytes_(qiskit.param_stride()) {}

    void read_global_phase(double phase) {
        if (phase == 0) return;
        circuit.codes.push_back(code_of("global_phase"));
        circuit.params.push_back(phase);
        add_progress(0);
    }

    // False if the instruction can't be read here.
    bool read(std::uint8_t kind, const InstructionView& view, std::int64_t index) {
        switch (kind) {
            case kGateOperation:
                if (!read_gate(view)) return false;
                break;
            case kBarrier:
            case kDelay:
                return true;
            case kMeasureOperation:
                if (view.num_qubits != 1 || view.num_clbits != 1) return false;
                circuit.codes.insert(circuit.codes.end(), {kMeasure, static_cast<std::int32_t>(view.qubits[0]),
                                                           static_cast<std::int32_t>(view.clbits[0])});
                circuit.writes_memory = circuit.has_measurements = true;
                break;
            case kResetOperation:
                if (view.num_qubits != 1) return false;
                circuit.codes.insert(circuit.codes.end(), {kReset, static_cast<std::int32_t>(view.qubits[0])});
                circuit.has_measurements = true;
                break;
            default:
                return false;
        }
        add_progress(index);
        return true;
    }

    PlainCircuit circuit;

   private:
    bool read_gate(const InstructionView& view) {
        const std::int32_t code = code_of({view.name, view.name_length});
        if (code < 0) return false;
        const GateKind& kind = gate_kinds()[static_cast<std::size_t>(code)];
        if (view.num_qubits != static_cast<std::uint32_t>(kind.num_qubits()) ||
            view.num_params != static_cast<std::size_t>(kind.num_params)) {
            return false;
        }
        circuit.codes.push_back(code);
        for (std::uint32_t i = 0; i < view.num_qubits; ++i) {
            circuit.codes.push_back(static_cast<std::int32_t>(view.qubits[i]));
        }
        for (std::size_t i = 0; i < view.num_params; ++i) {
            const void* const param = static_cast<const char*>(view.params) + i * param_bytes_;
            const std::uint8_t param_kind = qiskit_.param_kind(param);
            if (param_kind != kReal && param_kind != kInteger) return false;
            circuit.params.push_back(qiskit_.param_as_real(param));
            if (!std::isfinite(circuit.params.back())) return false;
        }
        return true;
    }

    void add_progress(std::int64_t index) {
        circuit.progress_start.push_back(index);
        circuit.progress_limit.push_back(index + 1);
    }

    const QiskitFunctions& qiskit_;
    const std::size_t param_bytes_;
};

}  // namespace

std::optional<PlainCircuit> read_plain(const void* circuit, double global_phase, const QiskitFunctions& qiskit) {
    PlainReader reader(qiskit);
    reader.read_global_phase(global_phase);
    const std::size_t count = qiskit.circuit_num_instructions(circuit);
    for (std::size_t index = 0; index < count; ++index) {
        InstructionView view{};
        qiskit.circuit_view_instruction(circuit, index, &view);
        if (!reader.read(qiskit.circuit_instruction_kind(circuit, index), view, static_cast<std::int64_t>(index))) {
            return std::nullopt;
        }
    }
    return std::move(reader.circuit);
}

}  // namespace queuebit
