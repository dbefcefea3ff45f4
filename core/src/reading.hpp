// Reads Qiskit's circuits of standard gates, measurements and resets through Qiskit's C interface, without making a Python object
// for each instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace queuebit {

// What Qiskit shows of an instruction: `QkCircuitInstructionView` of its C interface. Python checks that the layout is this one.
struct InstructionView {
    const char* name;  // without a zero at its end
    const std::uint32_t* qubits;
    const std::uint32_t* clbits;
    const void* params;
    std::size_t name_length;
    std::uint32_t num_qubits;
    std::uint32_t num_clbits;
    std::size_t num_params;
};

// Functions of Qiskit's C interface, whose names have `qk_` in front. Circuits and parameters are pointers of its own.
struct QiskitFunctions {
    void* (*circuit_borrow_from_python)(void* circuit_data);  // null, with Python's error set, if it is none
    std::size_t (*circuit_num_instructions)(const void* circuit);
    std::uint8_t (*circuit_instruction_kind)(const void* circuit, std::size_t index);
    void (*circuit_view_instruction)(const void* circuit, std::size_t index, InstructionView* view);
    std::uint8_t (*param_kind)(const void* param);
    double (*param_as_real)(const void* param);
    std::size_t (*param_stride)();
};

// The arrays that Circuit::decode() takes, and the progress of each operation.
struct PlainCircuit {
    std::vector<std::int32_t> codes;
    std::vector<double> params;
    std::vector<std::int64_t> progress_start;
    std::vector<std::int64_t> progress_limit;
    bool writes_memory = false;     // something is measured
    bool has_measurements = false;  // or reset
};

// Reads a borrowed circuit; nothing if an instruction is of another kind, or has a parameter that isn't a finite real number.
std::optional<PlainCircuit> read_plain(const void* circuit, double global_phase, const QiskitFunctions& qiskit);

}  // namespace queuebit
