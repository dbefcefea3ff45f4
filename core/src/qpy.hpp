// Reads the instructions of a circuit in QPY, Qiskit's format, where they are standard gates with numbers as parameters, barriers,
// measurements and resets, and adds them to a circuit of Qiskit's through its C interface. Qiskit's own reader, which takes
// everything, needs several times as long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace queuebit {

// A gate that Qiskit knows by a number, `QkGate` of its C interface.
struct StandardGate {
    std::uint8_t number;
    std::uint32_t num_qubits;
    std::uint32_t num_params;
};

// By the names of their classes, as QPY has them.
using StandardGates = std::map<std::string, StandardGate, std::less<>>;

// Functions of Qiskit's C interface, whose names have `qk_circuit_` in front. What isn't 0 is an error.
struct QiskitAppending {
    void* (*borrow_from_python)(void* circuit_data);  // null, with Python's error set, if it is none
    std::uint32_t (*num_qubits)(const void* circuit);
    std::uint32_t (*num_clbits)(const void* circuit);
    std::uint32_t (*gate)(void* circuit, std::uint8_t number, const std::uint32_t* qubits, const double* params);
    std::uint32_t (*measure)(void* circuit, std::uint32_t qubit, std::uint32_t clbit);
    std::uint32_t (*reset)(void* circuit, std::uint32_t qubit);
    std::uint32_t (*barrier)(void* circuit, const std::uint32_t* qubits, std::uint32_t num_qubits);
};

// Adds instructions to a circuit without any, and returns where in the bytes they end. Nothing, and nothing is added, if there is
// something else among them, or the bytes aren't whole instructions. Written for QPY 18.
std::optional<std::size_t> append_qpy(std::string_view qpy, std::size_t start, std::uint64_t num_instructions, void* circuit,
                                      const StandardGates& gates, const QiskitAppending& qiskit);

}  // namespace queuebit
