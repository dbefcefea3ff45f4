// A circuit as Python hands it over: checked flat arrays, decoded to operations on numbered qubits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "classical.hpp"
#include "gates.hpp"

namespace queuebit {

// The bytes of a wider state would be no 64-bit number.
constexpr int kMostQubits = 58;

// A few qubits, kept in place: circuits have many gates, and most gates have one or two qubits.
class Qubits {
   public:
    Qubits() = default;
    Qubits(std::initializer_list<int> qubits) {
        for (int qubit : qubits) push_back(qubit);
    }
    explicit Qubits(const std::vector<int>& qubits) {
        for (int qubit : qubits) push_back(qubit);
    }
    void push_back(int qubit) { values_[count_++] = static_cast<std::int8_t>(qubit); }
    // Puts a qubit in its place among ascending ones.
    void insert(int qubit) {
        std::int8_t* const at = std::lower_bound(begin(), end(), qubit);
        std::copy_backward(at, end(), end() + 1);
        *at = static_cast<std::int8_t>(qubit);
        ++count_;
    }
    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    int operator[](std::size_t i) const { return values_[i]; }
    std::int8_t* begin() { return values_; }
    std::int8_t* end() { return values_ + count_; }
    const std::int8_t* begin() const { return values_; }
    const std::int8_t* end() const { return values_ + count_; }

   private:
    std::uint8_t count_ = 0;
    std::int8_t values_[kMostQubits];
};

// A square matrix, row-major; up to 4 by 4 it is kept in place.
class Matrix {
   public:
    Matrix() = default;
    explicit Matrix(std::size_t rows) : rows_(rows) {
        if (rows > kInPlaceRows) {
            heap_.resize(rows * rows);
        } else {
            std::fill_n(in_place_, rows * rows, Complex(0.0));
        }
    }
    Matrix(std::size_t rows, const Complex* entries) : Matrix(rows) { std::copy(entries, entries + rows * rows, data()); }

    std::size_t rows() const { return rows_; }
    Complex* data() { return rows_ > kInPlaceRows ? heap_.data() : in_place_; }
    const Complex* data() const { return rows_ > kInPlaceRows ? heap_.data() : in_place_; }
    const Complex& operator()(std::size_t row, std::size_t column) const { return data()[row * rows_ + column]; }

   private:
    static constexpr std::size_t kInPlaceRows = 4;
    std::size_t rows_ = 0;
    Complex in_place_[kInPlaceRows * kInPlaceRows];
    std::vector<Complex> heap_;
};

// A matrix on target qubits (bit i of an index is targets[i]) when all control qubits have their value.
struct Gate {
    Qubits targets;
    Qubits controls;
    std::uint64_t control_state = 0;  // bit i is the value of controls[i]
    Matrix matrix;

    bool is_diagonal() const;
    std::size_t num_qubits() const { return targets.size() + controls.size(); }

    template <class Visit>
    void each_qubit(const Visit& visit) const {
        for (int qubit : targets) visit(qubit);
        for (int qubit : controls) visit(qubit);
    }
};

// What a loop runs over: given values, or a range.
struct LoopValues {
    std::vector<std::int64_t> values;
    std::int64_t start = 0, step = 0, count = 0;

    std::int64_t at(std::int64_t iteration) const {
        if (!values.empty()) return values[static_cast<std::size_t>(iteration)];
        // Wraps around as the 64-bit variable does that takes it.
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(start) +
                                         static_cast<std::uint64_t>(iteration) * static_cast<std::uint64_t>(step));
    }
};

// Control flow and assignments; positions are of operations, and may be one behind the last.
struct ClassicalOperation {
    Expression expression;               // a condition, or what is switched on
    Assignment assignment;
    std::size_t target = 0;              // to go on at
    std::vector<std::pair<std::uint64_t, std::size_t>> cases;  // of a switch, whose default is `target`
    std::size_t loop = 0;
    LoopValues values;
    std::int64_t variable = -1;          // that takes a loop's value; -1 for none
};

// An operation where it stands in the arrays; gates are made from it one at a time.
struct Operation {
    enum class Kind : std::uint8_t {
        kGate,
        kMeasure,
        kReset,
        kStore,
        kJump,
        kJumpUnless,
        kSwitch,
        kEnterLoop,
        kNextIteration
    } kind;
    bool is_swap = false;   // of two qubits, without controls
    bool is_phase = false;  // of the whole state
    std::int32_t code = 0;
    std::int32_t num_targets = 0;
    std::int32_t num_controls = 0;
    const std::int32_t* qubits = nullptr;  // of a standard gate the controls come first, of a matrix the targets
    const double* params = nullptr;
    std::int64_t clbit = 0;
    std::size_t classical = 0;  // in Circuit::classical, of the kinds behind kReset

    int qubit() const { return qubits[0]; }
    Gate gate() const;

    template <class Visit>
    void each_qubit(const Visit& visit) const {
        for (std::int32_t i = 0; i < num_targets + num_controls; ++i) visit(qubits[i]);
    }
};

// The codes above the standard gates' in the instruction array.
enum Code : std::int32_t {
    kMatrix = 1000,
    kMeasure,
    kReset,
    kStore,
    kJump,
    kJumpUnless,
    kSwitch,
    kEnterLoop,
    kNextIteration
};

struct Circuit {
    int num_qubits = 0;
    std::int64_t num_clbits = 0;
    std::vector<std::string> variable_names;
    std::size_t num_loops = 0;
    std::vector<Operation> operations;
    std::vector<ClassicalOperation> classical;
    bool has_jumps = false;

    // Decodes the arrays, which must outlive the circuit. Throws std::invalid_argument for anything that isn't a circuit.
    static Circuit decode(int num_qubits, std::int64_t num_clbits, std::vector<std::string> variable_names,
                          const std::int32_t* codes, std::size_t num_codes, const double* params,
                          std::size_t num_params);
};

}  // namespace queuebit
