// Classical values during a run: the bits, the variables, and expressions over them.
//
// An expression is a postfix program for a stack of values. It was typed by the one who wrote it: each operation knows whether it
// works on unsigned integers of a width, on truth values (integers 0 and 1) or on floating point numbers.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace queuebit {

// A classical expression has no value: the text says why.
struct ClassicalError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

union Value {
    std::uint64_t integer = 0;
    double real;
};

struct ClassicalState {
    std::vector<std::uint64_t> memory;  // bit i is classical bit i
    std::vector<Value> variables;
    std::vector<bool> is_set;
    std::vector<std::int64_t> loops;  // iterations begun

    bool bit(std::int64_t position) const {
        return (memory[static_cast<std::size_t>(position / 64)] >> (position % 64)) & 1;
    }
    void set_bit(std::int64_t position, bool value) {
        const std::uint64_t mask = std::uint64_t{1} << (position % 64);
        std::uint64_t& word = memory[static_cast<std::size_t>(position / 64)];
        word = value ? word | mask : word & ~mask;
    }
};

enum class ExpressionCode : std::int32_t {
    kInteger,
    kReal,
    kBits,
    kVariable,
    kNot,
    kBitNot,
    kNegate,
    kNegateReal,
    kMask,
    kIntegerToBool,
    kRealToBool,
    kIntegerToReal,
    kRealToInteger,
    kAnd,
    kOr,
    kXor,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kShiftLeft,
    kShiftRight,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kAddReal,
    kSubtractReal,
    kMultiplyReal,
    kDivideReal,
    kEqualReal,
    kNotEqualReal,
    kLessReal,
    kLessEqualReal,
    kGreaterReal,
    kGreaterEqualReal,
    kIndex,
    kSkipIfFalse,
    kSkipIfTrue,
    kCount
};

struct ExpressionStep {
    ExpressionCode code;
    int width = 64;                       // of an integer result, in bits
    Value value;                          // of a constant
    std::size_t operand = 0;              // a variable, or how many steps to skip
    std::vector<std::int64_t> positions;  // of bits, the least significant first
};

class Expression {
   public:
    Expression() = default;
    // Throws std::invalid_argument if the steps don't leave exactly one value.
    explicit Expression(std::vector<ExpressionStep> steps);

    // Throws ClassicalError if there is no value.
    Value evaluate(const ClassicalState& state, const std::vector<std::string>& variable_names) const;

   private:
    std::vector<ExpressionStep> steps_;
};

// An assignment to a variable or to bits, as a whole or at an index.
struct Assignment {
    bool to_variable = false;
    std::size_t variable = 0;
    std::vector<std::int64_t> positions;
    bool indexed = false;
    int width = 64;  // of what is indexed
    Expression index;
    Expression value;

    void carry_out(ClassicalState& state, const std::vector<std::string>& variable_names) const;
};

}  // namespace queuebit
