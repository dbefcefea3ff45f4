#include "circuit.hpp"

#include <cmath>
#include <stdexcept>

namespace queuebit {
namespace {

// Reads the two arrays front to back, and refuses to read behind their ends.
class Reader {
   public:
    Reader(const std::int32_t* codes, std::size_t num_codes, const double* params, std::size_t num_params)
        : codes_(codes), codes_left_(num_codes), params_(params), params_left_(num_params) {}

    bool done() const { return codes_left_ == 0; }

    const std::int32_t* position() const { return codes_; }

    std::int32_t code() {
        if (codes_left_ == 0) throw std::invalid_argument("the instruction array ends within an instruction");
        --codes_left_;
        return *codes_++;
    }

    std::int32_t code_below(std::int64_t end, const char* what) {
        const std::int32_t value = code();
        if (value < 0 || value >= end) {
            throw std::invalid_argument(std::string(what) + " " + std::to_string(value) + " is not in the range 0 to " +
                                        std::to_string(end - 1));
        }
        return value;
    }

    // A 64-bit integer in two codes, the low half first.
    std::int64_t wide() {
        const auto low = static_cast<std::uint32_t>(code());
        const auto high = static_cast<std::uint32_t>(code());
        return static_cast<std::int64_t>((std::uint64_t{high} << 32) | low);
    }

    const double* params(std::size_t count) {
        if (params_left_ < count) throw std::invalid_argument("the parameter array ends within an instruction");
        for (std::size_t i = 0; i < count; ++i) {
            if (!std::isfinite(params_[i])) throw std::invalid_argument("a parameter is not a finite number");
        }
        const double* first = params_;
        params_ += count;
        params_left_ -= count;
        return first;
    }

    void expect_end() const {
        if (params_left_ != 0) throw std::invalid_argument("parameters are left over behind the last instruction");
    }

   private:
    const std::int32_t* codes_;
    std::size_t codes_left_;
    const double* params_;
    std::size_t params_left_;
};

const std::int32_t* read_qubits(Reader& reader, std::int32_t count, int num_qubits) {
    if (count > num_qubits) throw std::invalid_argument("an instruction has more qubits than there are");
    const std::int32_t* const first = reader.position();
    std::uint64_t seen = 0;
    for (std::int32_t i = 0; i < count; ++i) {
        const std::uint64_t bit = std::uint64_t{1} << reader.code_below(num_qubits, "qubit");
        if ((seen & bit) != 0) throw std::invalid_argument("an instruction names a qubit twice");
        seen |= bit;
    }
    return first;
}

std::size_t find_code(const char* name) {
    std::size_t code = 0;
    while (std::string(gate_kinds()[code].name) != name) ++code;
    return code;
}

void read_standard(Reader& reader, Operation& operation, int num_qubits) {
    static const std::size_t swap_code = find_code("swap"), phase_code = find_code("global_phase");
    const auto code = static_cast<std::size_t>(operation.code);
    const GateKind& kind = gate_kinds()[code];
    operation.num_controls = kind.num_controls;
    operation.num_targets = kind.num_targets;
    operation.is_swap = code == swap_code;
    operation.is_phase = code == phase_code;
    operation.qubits = read_qubits(reader, kind.num_qubits(), num_qubits);
    operation.params = reader.params(static_cast<std::size_t>(kind.num_params));
}

void read_matrix(Reader& reader, Operation& operation, int num_qubits) {
    constexpr int most_targets = 14;
    operation.num_targets = reader.code_below(most_targets + 1, "number of targets");
    operation.num_controls = reader.code_below(num_qubits + 1, "number of controls");
    operation.is_phase = operation.num_targets == 0 && operation.num_controls == 0;
    operation.qubits = read_qubits(reader, operation.num_targets + operation.num_controls, num_qubits);
    for (std::int32_t i = 0; i < operation.num_controls; ++i) reader.code_below(2, "control value");
    operation.params = reader.params(std::size_t{2} << (2 * operation.num_targets));
}

Gate standard_gate(const Operation& operation) {
    const GateKind& kind = gate_kinds()[static_cast<std::size_t>(operation.code)];
    Gate gate;
    for (int i = 0; i < kind.num_controls; ++i) gate.controls.push_back(operation.qubits[i]);
    for (int i = kind.num_controls; i < kind.num_qubits(); ++i) gate.targets.push_back(operation.qubits[i]);
    gate.control_state = (std::uint64_t{1} << kind.num_controls) - 1;
    gate.matrix = Matrix(std::size_t{1} << kind.num_targets);
    kind.matrix(operation.params, gate.matrix.data());
    return gate;
}

// A controlled phase as a gate on its last control.
Gate with_target(const Gate& phase) {
    Gate gate;
    const std::size_t last = phase.controls.size() - 1;
    for (std::size_t i = 0; i < last; ++i) gate.controls.push_back(phase.controls[i]);
    gate.control_state = phase.control_state & ((std::uint64_t{1} << last) - 1);
    gate.targets = {phase.controls[last]};
    gate.matrix = Matrix(2);
    const bool when_set = (phase.control_state >> last) & 1;
    gate.matrix.data()[0] = when_set ? Complex(1.0) : phase.matrix(0, 0);
    gate.matrix.data()[3] = when_set ? phase.matrix(0, 0) : Complex(1.0);
    return gate;
}

Gate matrix_gate(const Operation& operation) {
    Gate gate;
    const std::int32_t* const controls = operation.qubits + operation.num_targets;
    const std::int32_t* const values = controls + operation.num_controls;
    for (std::int32_t i = 0; i < operation.num_targets; ++i) gate.targets.push_back(operation.qubits[i]);
    for (std::int32_t i = 0; i < operation.num_controls; ++i) {
        gate.controls.push_back(controls[i]);
        gate.control_state |= static_cast<std::uint64_t>(values[i]) << i;
    }
    gate.matrix = Matrix(std::size_t{1} << operation.num_targets);
    const std::size_t entries = gate.matrix.rows() * gate.matrix.rows();
    for (std::size_t i = 0; i < entries; ++i) {
        gate.matrix.data()[i] = {operation.params[2 * i], operation.params[2 * i + 1]};
    }
    return gate.targets.empty() && !gate.controls.empty() ? with_target(gate) : gate;
}

std::vector<std::int64_t> read_positions(Reader& reader, const Circuit& circuit, std::int64_t most) {
    const std::int32_t count = reader.code_below(most + 1, "number of bits");
    std::vector<std::int64_t> positions;
    for (std::int32_t i = 0; i < count; ++i) positions.push_back(reader.code_below(circuit.num_clbits, "classical bit"));
    return positions;
}

std::size_t read_variable(Reader& reader, const Circuit& circuit) {
    return static_cast<std::size_t>(
        reader.code_below(static_cast<std::int64_t>(circuit.variable_names.size()), "variable"));
}

int read_width(Reader& reader) {
    const int width = reader.code_below(65, "width");
    if (width == 0) throw std::invalid_argument("an integer has at least one bit");
    return width;
}

Expression read_expression(Reader& reader, const Circuit& circuit) {
    constexpr std::int64_t longest = 1 << 20;
    const std::int32_t count = reader.code_below(longest, "length of an expression");
    std::vector<ExpressionStep> steps;
    for (std::int32_t i = 0; i < count; ++i) {
        ExpressionStep step;
        step.code = static_cast<ExpressionCode>(
            reader.code_below(static_cast<std::int64_t>(ExpressionCode::kCount), "expression step"));
        step.width = read_width(reader);
        switch (step.code) {
            case ExpressionCode::kInteger:
                step.value.integer = static_cast<std::uint64_t>(reader.wide());
                break;
            case ExpressionCode::kReal:
                step.value.real = *reader.params(1);
                break;
            case ExpressionCode::kBits:
                step.positions = read_positions(reader, circuit, 64);
                break;
            case ExpressionCode::kVariable:
                step.operand = read_variable(reader, circuit);
                break;
            case ExpressionCode::kSkipIfFalse:
            case ExpressionCode::kSkipIfTrue:
                step.operand = static_cast<std::size_t>(reader.code_below(longest, "number of steps to skip"));
                break;
            default:
                break;
        }
        steps.push_back(std::move(step));
    }
    return Expression(std::move(steps));
}

Assignment read_assignment(Reader& reader, const Circuit& circuit) {
    Assignment assignment;
    assignment.to_variable = reader.code_below(2, "kind of target") == 1;
    if (assignment.to_variable) {
        assignment.variable = read_variable(reader, circuit);
    } else {
        assignment.positions = read_positions(reader, circuit, 64);
    }
    assignment.indexed = reader.code_below(2, "indexing") == 1;
    if (assignment.indexed) {
        assignment.width = read_width(reader);
        if (!assignment.to_variable && assignment.positions.size() != static_cast<std::size_t>(assignment.width)) {
            throw std::invalid_argument("an indexed target has another width than bits");
        }
        assignment.index = read_expression(reader, circuit);
    }
    assignment.value = read_expression(reader, circuit);
    return assignment;
}

std::size_t read_target(Reader& reader) {
    return static_cast<std::size_t>(reader.code_below(std::int64_t{1} << 31, "jump target"));
}

LoopValues read_loop_values(Reader& reader) {
    LoopValues values;
    const bool is_range = reader.code_below(2, "kind of loop") == 1;
    if (is_range) {
        values.start = reader.wide();
        values.step = reader.wide();
        values.count = reader.wide();
        if (values.count < 0) throw std::invalid_argument("a loop has a negative number of iterations");
        return values;
    }
    values.count = reader.code_below(std::int64_t{1} << 31, "number of iterations");
    for (std::int64_t i = 0; i < values.count; ++i) values.values.push_back(reader.wide());
    return values;
}

ClassicalOperation read_classical(Reader& reader, Operation::Kind kind, Circuit& circuit) {
    constexpr std::int64_t most_loops = 1 << 20;
    ClassicalOperation operation;
    switch (kind) {
        case Operation::Kind::kStore:
            operation.assignment = read_assignment(reader, circuit);
            break;
        case Operation::Kind::kJump:
            operation.target = read_target(reader);
            break;
        case Operation::Kind::kJumpUnless:
            operation.expression = read_expression(reader, circuit);
            operation.target = read_target(reader);
            break;
        case Operation::Kind::kSwitch: {
            operation.expression = read_expression(reader, circuit);
            operation.target = read_target(reader);
            const std::int32_t count = reader.code_below(1 << 20, "number of cases");
            for (std::int32_t i = 0; i < count; ++i) {
                const auto value = static_cast<std::uint64_t>(reader.wide());
                operation.cases.emplace_back(value, read_target(reader));
            }
            break;
        }
        default:
            operation.loop = static_cast<std::size_t>(reader.code_below(most_loops, "loop"));
            circuit.num_loops = std::max(circuit.num_loops, operation.loop + 1);
            if (kind == Operation::Kind::kNextIteration) {
                operation.target = read_target(reader);
                const bool has_variable = reader.code_below(2, "loop variable") == 1;
                if (has_variable) operation.variable = static_cast<std::int64_t>(read_variable(reader, circuit));
                operation.values = read_loop_values(reader);
            }
    }
    return operation;
}

Operation read_operation(Reader& reader, Circuit& circuit) {
    Operation operation{};
    const std::int32_t code = operation.code = reader.code();
    if (code >= 0 && static_cast<std::size_t>(code) < gate_kinds().size()) {
        read_standard(reader, operation, circuit.num_qubits);
    } else if (code == kMatrix) {
        read_matrix(reader, operation, circuit.num_qubits);
    } else if (code == kMeasure || code == kReset) {
        operation.kind = code == kMeasure ? Operation::Kind::kMeasure : Operation::Kind::kReset;
        operation.num_targets = 1;
        operation.qubits = read_qubits(reader, 1, circuit.num_qubits);
        if (code == kMeasure) operation.clbit = reader.code_below(circuit.num_clbits, "classical bit");
    } else if (code >= kStore && code <= kNextIteration) {
        operation.kind = static_cast<Operation::Kind>(static_cast<int>(Operation::Kind::kStore) + (code - kStore));
        operation.classical = circuit.classical.size();
        circuit.has_jumps = circuit.has_jumps || code != kStore;
        circuit.classical.push_back(read_classical(reader, operation.kind, circuit));
    } else {
        throw std::invalid_argument("there is no instruction with the code " + std::to_string(code));
    }
    return operation;
}

}  // namespace

Gate Operation::gate() const { return code == kMatrix ? matrix_gate(*this) : standard_gate(*this); }

bool Gate::is_diagonal() const {
    for (std::size_t row = 0; row < matrix.rows(); ++row) {
        for (std::size_t column = 0; column < matrix.rows(); ++column) {
            if (row != column && matrix(row, column) != 0.0) return false;
        }
    }
    return true;
}

Circuit Circuit::decode(int num_qubits, std::int64_t num_clbits, std::vector<std::string> variable_names,
                        const std::int32_t* codes, std::size_t num_codes, const double* params,
                        std::size_t num_params) {
    if (num_qubits < 0 || num_qubits > kMostQubits) {
        throw std::invalid_argument("a circuit has 0 to " + std::to_string(kMostQubits) + " qubits");
    }
    if (num_clbits < 0 || num_clbits > (std::int64_t{1} << 31)) throw std::invalid_argument("too many classical bits");
    Circuit circuit;
    circuit.num_qubits = num_qubits;
    circuit.num_clbits = num_clbits;
    circuit.variable_names = std::move(variable_names);
    Reader reader(codes, num_codes, params, num_params);
    circuit.operations.reserve(num_codes / 2);  // most have a code and a qubit or two
    while (!reader.done()) circuit.operations.push_back(read_operation(reader, circuit));
    reader.expect_end();
    for (const ClassicalOperation& operation : circuit.classical) {
        std::size_t furthest = operation.target;
        for (const auto& [value, target] : operation.cases) furthest = std::max(furthest, target);
        if (furthest > circuit.operations.size()) throw std::invalid_argument("a jump leads behind the circuit");
    }
    return circuit;
}

}  // namespace queuebit
