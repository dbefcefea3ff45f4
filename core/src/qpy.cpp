#include "qpy.hpp"

#include <bit>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace queuebit {
namespace {

// What the head of an instruction has, in this order: sizes of its name and its label, numbers of its parameters, qubits and bits,
// flags, the size of a condition's register and its value, how many of the qubits control, and the state that they have to be in.
constexpr std::size_t kHeadBytes = 2 + 2 + 2 + 4 + 4 + 1 + 2 + 8 + 4 + 4;
constexpr std::size_t kBitBytes = 1 + 4;
constexpr std::size_t kParamBytes = 1 + 8 + 8;  // kind, size, number
constexpr std::uint32_t kMostControls = 31;

enum class Kind : std::uint8_t { kGate, kMeasure, kReset, kBarrier };

struct Operation {
    Kind kind;
    std::uint8_t gate;
    std::uint32_t num_bits;
    std::size_t first_bit;
    std::size_t first_param;
};

struct Width {
    std::uint32_t num_qubits;
    std::uint32_t num_clbits;
};

// Big-endian numbers, one after another; nothing behind the end.
class Bytes {
   public:
    Bytes(std::string_view data, std::size_t at) : data_(data), at_(at) {}

    bool has(std::size_t size) const { return data_.size() - at_ >= size; }
    std::size_t at() const { return at_; }

    template <class T>
    T number() {
        T value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | static_cast<std::uint8_t>(data_[at_ + i]));
        at_ += sizeof(T);
        return value;
    }

    std::string_view text(std::size_t size) {
        at_ += size;
        return data_.substr(at_ - size, size);
    }

   private:
    std::string_view data_;
    std::size_t at_;
};

class InstructionReader {
   public:
    InstructionReader(std::string_view qpy, std::size_t start, Width width, const StandardGates& gates)
        : bytes_(qpy, start), width_(width), gates_(gates) {}

    // False if it isn't an instruction that can be read here.
    bool read() {
        if (!bytes_.has(kHeadBytes)) return false;
        const std::size_t name_size = bytes_.number<std::uint16_t>(), label_size = bytes_.number<std::uint16_t>();
        const std::uint32_t num_params = bytes_.number<std::uint16_t>();
        const auto num_qubits = bytes_.number<std::uint32_t>(), num_clbits = bytes_.number<std::uint32_t>();
        const auto flags = bytes_.number<std::uint8_t>();
        const auto register_size = bytes_.number<std::uint16_t>();
        bytes_.number<std::uint64_t>();
        const auto num_controls = bytes_.number<std::uint32_t>(), control_state = bytes_.number<std::uint32_t>();
        if (label_size != 0 || flags != 0 || register_size != 0) return false;
        if (num_qubits > width_.num_qubits || num_clbits > 1 || num_controls > kMostControls) return false;
        if (control_state != (std::uint32_t{1} << num_controls) - 1) return false;
        if (!bytes_.has(name_size + kBitBytes * (std::size_t{num_qubits} + num_clbits) + kParamBytes * num_params)) return false;
        const std::string_view name = bytes_.text(name_size);
        Operation operation{Kind::kGate, 0, num_qubits, bits_.size(), params_.size()};
        return read_kind(operation, name, num_qubits, num_clbits, num_params) && read_bits(num_qubits, num_clbits) &&
               read_params(num_params) && (operations_.push_back(operation), true);
    }

    void append_to(void* circuit, const QiskitAppending& qiskit) const {
        for (const Operation& operation : operations_) {
            const std::uint32_t* const bits = bits_.data() + operation.first_bit;
            std::uint32_t error = 0;
            switch (operation.kind) {
                case Kind::kGate:
                    error = qiskit.gate(circuit, operation.gate, bits, params_.data() + operation.first_param);
                    break;
                case Kind::kMeasure:
                    error = qiskit.measure(circuit, bits[0], bits[1]);
                    break;
                case Kind::kReset:
                    error = qiskit.reset(circuit, bits[0]);
                    break;
                case Kind::kBarrier:
                    error = qiskit.barrier(circuit, bits, operation.num_bits);
                    break;
            }
            if (error != 0) throw std::runtime_error("Qiskit refuses an instruction, error " + std::to_string(error));
        }
    }

    std::size_t at() const { return bytes_.at(); }

   private:
    bool read_kind(Operation& operation, std::string_view name, std::uint32_t num_qubits, std::uint32_t num_clbits,
                   std::uint32_t num_params) const {
        if (name == "Measure") {
            operation.kind = Kind::kMeasure;
            return num_qubits == 1 && num_clbits == 1 && num_params == 0;
        }
        if (num_clbits != 0) return false;
        if (name == "Reset") {
            operation.kind = Kind::kReset;
            return num_qubits == 1 && num_params == 0;
        }
        if (name == "Barrier") {
            operation.kind = Kind::kBarrier;
            return num_qubits > 0 && num_params == 0;
        }
        const auto found = gates_.find(name);
        if (found == gates_.end()) return false;
        operation.gate = found->second.number;
        return num_qubits > 0 && num_qubits == found->second.num_qubits && num_params == found->second.num_params;
    }

    bool read_bits(std::uint32_t num_qubits, std::uint32_t num_clbits) {
        const std::size_t first = bits_.size();
        for (std::uint32_t i = 0; i < num_qubits + num_clbits; ++i) {
            const bool is_qubit = i < num_qubits;
            if (bytes_.number<std::uint8_t>() != (is_qubit ? 'q' : 'c')) return false;
            bits_.push_back(bytes_.number<std::uint32_t>());
            if (bits_.back() >= (is_qubit ? width_.num_qubits : width_.num_clbits)) return false;
        }
        return are_distinct(first, num_qubits);
    }

    bool are_distinct(std::size_t first, std::uint32_t num_qubits) {
        if (num_qubits < 2) return true;
        if (seen_.empty()) seen_.resize(width_.num_qubits);
        bool distinct = true;
        for (std::size_t i = first; i < first + num_qubits; ++i) {
            distinct = distinct && !seen_[bits_[i]];
            seen_[bits_[i]] = true;
        }
        for (std::size_t i = first; i < first + num_qubits; ++i) seen_[bits_[i]] = false;
        return distinct;
    }

    bool read_params(std::uint32_t num_params) {
        for (std::uint32_t i = 0; i < num_params; ++i) {
            if (bytes_.number<std::uint8_t>() != 'f' || bytes_.number<std::uint64_t>() != sizeof(double)) return false;
            params_.push_back(std::bit_cast<double>(bytes_.number<std::uint64_t>()));
            if (!std::isfinite(params_.back())) return false;
        }
        return true;
    }

    Bytes bytes_;
    const Width width_;
    const StandardGates& gates_;
    std::vector<Operation> operations_;
    std::vector<std::uint32_t> bits_;
    std::vector<double> params_;
    std::vector<bool> seen_;
};

}  // namespace

std::optional<std::size_t> append_qpy(std::string_view qpy, std::size_t start, std::uint64_t num_instructions, void* circuit,
                                      const StandardGates& gates, const QiskitAppending& qiskit) {
    if (start > qpy.size()) return std::nullopt;
    InstructionReader reader(qpy, start, {qiskit.num_qubits(circuit), qiskit.num_clbits(circuit)}, gates);
    for (std::uint64_t i = 0; i < num_instructions; ++i) {
        if (!reader.read()) return std::nullopt;
    }
    reader.append_to(circuit, qiskit);
    return reader.at();
}

}  // namespace queuebit
