#include "classical.hpp"

#include <cmath>
#include <sstream>

namespace queuebit {
namespace {

std::uint64_t masked(std::uint64_t value, int width) {
    return width >= 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

// How many values a step takes from the stack and how many it leaves.
std::pair<int, int> arity(ExpressionCode code) {
    if (code <= ExpressionCode::kVariable) return {0, 1};
    if (code <= ExpressionCode::kRealToInteger) return {1, 1};
    if (code <= ExpressionCode::kIndex) return {2, 1};
    return {1, 0};
}

std::uint64_t checked_index(std::uint64_t index, int width) {
    if (index >= static_cast<std::uint64_t>(width)) {
        throw ClassicalError("index " + std::to_string(index) + " is out of range for " + std::to_string(width) + " bits");
    }
    return index;
}

std::uint64_t read_bits(const ClassicalState& state, const std::vector<std::int64_t>& positions) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        value |= static_cast<std::uint64_t>(state.bit(positions[i])) << i;
    }
    return value;
}

template <class Number>
[[noreturn]] void division_by_zero(Number dividend) {
    std::ostringstream text;
    text << "division of " << dividend << " by zero in a classical expression";
    throw ClassicalError(text.str());
}

Value of(std::uint64_t integer) {
    Value value;
    value.integer = integer;
    return value;
}

Value of(double real) {
    Value value;
    value.real = real;
    return value;
}

Value of(bool truth) { return of(std::uint64_t{truth}); }

std::uint64_t to_integer(double real, int width) {
    const double whole = std::trunc(real);
    if (!std::isfinite(whole)) throw ClassicalError(std::to_string(real) + " has no value as an integer");
    // Exact wrap-around at 2^64, also for negative numbers.
    const double wrapped = whole - std::floor(whole / 0x1.0p64) * 0x1.0p64;
    return masked(wrapped >= 0x1.0p64 ? 0 : static_cast<std::uint64_t>(wrapped), width);
}

Value unary(const ExpressionStep& step, Value a) {
    switch (step.code) {
        case ExpressionCode::kNot:
            return of(a.integer == 0);
        case ExpressionCode::kBitNot:
            return of(masked(~a.integer, step.width));
        case ExpressionCode::kNegate:
            return of(masked(~a.integer + 1, step.width));
        case ExpressionCode::kNegateReal:
            return of(-a.real);
        case ExpressionCode::kMask:
            return of(masked(a.integer, step.width));
        case ExpressionCode::kIntegerToBool:
            return of(a.integer != 0);
        case ExpressionCode::kRealToBool:
            return of(a.real != 0);
        case ExpressionCode::kIntegerToReal:
            return of(static_cast<double>(a.integer));
        default:
            return of(to_integer(a.real, step.width));
    }
}

Value binary(const ExpressionStep& step, Value a, Value b) {
    const std::uint64_t x = a.integer, y = b.integer;
    switch (step.code) {
        case ExpressionCode::kAnd:
            return of(x & y);
        case ExpressionCode::kOr:
            return of(x | y);
        case ExpressionCode::kXor:
            return of(x ^ y);
        case ExpressionCode::kAdd:
            return of(masked(x + y, step.width));
        case ExpressionCode::kSubtract:
            return of(masked(x - y, step.width));
        case ExpressionCode::kMultiply:
            return of(masked(x * y, step.width));
        case ExpressionCode::kDivide:
            if (y == 0) division_by_zero(x);
            return of(x / y);
        case ExpressionCode::kShiftLeft:
            return of(y >= 64 ? 0 : masked(x << y, step.width));
        case ExpressionCode::kShiftRight:
            return of(y >= 64 ? 0 : x >> y);
        case ExpressionCode::kEqual:
            return of(x == y);
        case ExpressionCode::kNotEqual:
            return of(x != y);
        case ExpressionCode::kLess:
            return of(x < y);
        case ExpressionCode::kLessEqual:
            return of(x <= y);
        case ExpressionCode::kGreater:
            return of(x > y);
        case ExpressionCode::kGreaterEqual:
            return of(x >= y);
        case ExpressionCode::kAddReal:
            return of(a.real + b.real);
        case ExpressionCode::kSubtractReal:
            return of(a.real - b.real);
        case ExpressionCode::kMultiplyReal:
            return of(a.real * b.real);
        case ExpressionCode::kDivideReal:
            if (b.real == 0) division_by_zero(a.real);
            return of(a.real / b.real);
        case ExpressionCode::kEqualReal:
            return of(a.real == b.real);
        case ExpressionCode::kNotEqualReal:
            return of(a.real != b.real);
        case ExpressionCode::kLessReal:
            return of(a.real < b.real);
        case ExpressionCode::kLessEqualReal:
            return of(a.real <= b.real);
        case ExpressionCode::kGreaterReal:
            return of(a.real > b.real);
        case ExpressionCode::kGreaterEqualReal:
            return of(a.real >= b.real);
        default:
            return of(((x >> checked_index(y, step.width)) & 1) != 0);
    }
}

}  // namespace

Expression::Expression(std::vector<ExpressionStep> steps) : steps_(std::move(steps)) {
    // A skipped stretch must replace the value that it takes, so the depth is the same either way.
    std::vector<std::pair<std::size_t, int>> joins;
    int depth = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        for (const auto& [position, expected] : joins) {
            if (position == i && expected != depth) throw std::invalid_argument("an expression's stack does not match");
        }
        const auto [taken, left] = arity(steps_[i].code);
        if (depth < taken) throw std::invalid_argument("an expression takes more values than there are");
        if (steps_[i].code >= ExpressionCode::kSkipIfFalse) {
            if (steps_[i].operand >= steps_.size() - i) throw std::invalid_argument("an expression skips behind its end");
            joins.emplace_back(i + 1 + steps_[i].operand, depth);
        }
        depth += left - taken;
    }
    for (const auto& [position, expected] : joins) {
        if (position == steps_.size() && expected != depth) {
            throw std::invalid_argument("an expression's stack does not match");
        }
    }
    if (depth != 1) throw std::invalid_argument("an expression must leave one value");
}

Value Expression::evaluate(const ClassicalState& state, const std::vector<std::string>& variable_names) const {
    std::vector<Value> stack;
    stack.reserve(steps_.size());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const ExpressionStep& step = steps_[i];
        switch (step.code) {
            case ExpressionCode::kInteger:
            case ExpressionCode::kReal:
                stack.push_back(step.value);
                break;
            case ExpressionCode::kBits:
                stack.push_back(of(read_bits(state, step.positions)));
                break;
            case ExpressionCode::kVariable:
                if (!state.is_set[step.operand]) {
                    throw ClassicalError("variable '" + variable_names[step.operand] + "' is read before it has a value");
                }
                stack.push_back(state.variables[step.operand]);
                break;
            case ExpressionCode::kSkipIfFalse:
            case ExpressionCode::kSkipIfTrue: {
                const bool truth = stack.back().integer != 0;
                if (truth == (step.code == ExpressionCode::kSkipIfTrue)) {
                    i += step.operand;
                } else {
                    stack.pop_back();
                }
                break;
            }
            default:
                if (arity(step.code).first == 1) {
                    stack.back() = unary(step, stack.back());
                } else {
                    const Value right = stack.back();
                    stack.pop_back();
                    stack.back() = binary(step, stack.back(), right);
                }
        }
    }
    return stack.back();
}

void Assignment::carry_out(ClassicalState& state, const std::vector<std::string>& variable_names) const {
    const Value stored = value.evaluate(state, variable_names);
    if (!indexed) {
        if (to_variable) {
            state.variables[variable] = stored;
            state.is_set[variable] = true;
        }
        for (std::size_t i = 0; i < positions.size(); ++i) state.set_bit(positions[i], (stored.integer >> i) & 1);
        return;
    }
    const std::uint64_t at = checked_index(index.evaluate(state, variable_names).integer, width);
    const bool bit = stored.integer != 0;
    if (!to_variable) {
        state.set_bit(positions[at], bit);
        return;
    }
    if (!state.is_set[variable]) {
        throw ClassicalError("variable '" + variable_names[variable] + "' is read before it has a value");
    }
    std::uint64_t& integer = state.variables[variable].integer;
    integer = (integer & ~(std::uint64_t{1} << at)) | (std::uint64_t{bit} << at);
}

}  // namespace queuebit
