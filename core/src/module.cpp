// The Python module: arrays in, arrays out, with the GIL released while it works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "kernels.hpp"
#include "program.hpp"
#include "qpy.hpp"
#include "reading.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace queuebit;

namespace {

template <class T>
using ArrayIn = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// NumPy can make arrays that begin anywhere; one that isn't aligned can't be read as what it holds.
template <class Array>
void require_aligned(const Array& array, const char* name) {
    if (reinterpret_cast<std::uintptr_t>(array.data()) % alignof(typename Array::Scalar) != 0) {
        throw std::invalid_argument(std::string(name) + " must be an aligned array");
    }
}

// Progress is added up in double precision.
constexpr std::int64_t kMostProgress = std::int64_t{1} << 53;

template <class T>
nb::ndarray<nb::numpy, T> to_numpy(std::vector<T>&& values) {
    auto* kept = new std::vector<T>(std::move(values));
    nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<std::vector<T>*>(pointer); });
    return nb::ndarray<nb::numpy, T>(kept->data(), {kept->size()}, owner);
}

// As an array of another type, of the same layout.
template <class As, class T>
nb::ndarray<nb::numpy, As> to_numpy(std::unique_ptr<T[]> values, std::size_t size) {
    nb::capsule owner(values.get(), [](void* pointer) noexcept { delete[] static_cast<T*>(pointer); });
    return nb::ndarray<nb::numpy, As>(reinterpret_cast<As*>(values.release()), {size}, owner);
}

std::unique_ptr<Program> compile_arrays(int num_qubits, std::int64_t num_clbits,
                                        std::vector<std::string> variable_names, ArrayIn<std::int32_t> codes,
                                        ArrayIn<double> params, ArrayIn<std::int64_t> progress_start,
                                        ArrayIn<std::int64_t> progress_limit, int output, bool single_precision,
                                        int most_fused_qubits, const std::string& simd) {
    if (output < 0 || output > 2) throw std::invalid_argument("output is 0 (counts), 1 (statevector) or 2 (unitary)");
    require_aligned(codes, "codes");
    require_aligned(params, "params");
    require_aligned(progress_start, "progress_start");
    require_aligned(progress_limit, "progress_limit");
    nb::gil_scoped_release release;
    const Circuit circuit = Circuit::decode(num_qubits, num_clbits, std::move(variable_names), codes.data(),
                                            codes.shape(0), params.data(), params.shape(0));
    if (progress_start.shape(0) != circuit.operations.size() || progress_limit.shape(0) != circuit.operations.size()) {
        throw std::invalid_argument("there must be a progress for each operation");
    }
    for (std::size_t i = 0; i < circuit.operations.size(); ++i) {
        if (progress_start(i) < 0 || progress_limit(i) < progress_start(i) || progress_limit(i) > kMostProgress) {
            throw std::invalid_argument("an operation's progress must go forward, from 0 to 2^53 at most");
        }
    }
    return compile(circuit, {progress_start.data(), progress_limit.data(), static_cast<Output>(output),
                             single_precision, most_fused_qubits, simd});
}

nb::tuple run(const Program& program, std::int64_t shots, std::uint64_t seed,
              nb::ndarray<std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu> control, std::uint32_t circuit_index,
              std::int64_t first_shot, std::int64_t num_instructions, int threads, std::uint64_t memory_limit_bytes,
              const std::optional<ArrayIn<Complex>>& initial_state) {
    if (shots < 1) throw std::invalid_argument("shots must be 1 or more");
    if (first_shot < 0 || first_shot > std::numeric_limits<std::int64_t>::max() - shots) {
        throw std::invalid_argument("first_shot must be 0 or more, and the last shot's number below 2^63");
    }
    if (num_instructions < 0 || num_instructions > kMostProgress) {
        throw std::invalid_argument("num_instructions must be in the range 0 to 2^53");
    }
    if (threads < 1 || threads > 1024) throw std::invalid_argument("threads must be in the range 1 to 1024");
    if (control.shape(0) < 2 || reinterpret_cast<std::uintptr_t>(control.data()) % sizeof(std::int64_t) != 0) {
        throw std::invalid_argument("a control has two aligned integers");
    }
    static_assert(sizeof(std::atomic<std::int64_t>) == sizeof(std::int64_t));
    const Control shared{reinterpret_cast<std::atomic<std::int64_t>*>(control.data())};
    if (shared.done() < 0 || shared.done() > kMostProgress) {
        throw std::invalid_argument("a control's progress must be in the range 0 to 2^53");
    }
    RunRequest request{shots, first_shot, seed, circuit_index, threads, memory_limit_bytes, num_instructions, nullptr};
    if (initial_state) {
        if (initial_state->shape(0) != program.state_size()) {
            throw std::invalid_argument("the initial state has a wrong size");
        }
        require_aligned(*initial_state, "initial_state");
        request.initial_state = initial_state->data();
    }
    RunResult result;
    {
        nb::gil_scoped_release release;
        result = program.run(request, shared);
    }
    const std::size_t size = result.state ? program.state_size() : 0;
    return nb::make_tuple(result.words, to_numpy(std::move(result.values)), to_numpy(std::move(result.counts)),
                          to_numpy<std::int64_t>(std::move(result.index), static_cast<std::size_t>(shots)),
                          to_numpy<Complex>(std::move(result.state), size), result.branches);
}

// A list of `items[i]` for each i of an index.
nb::object pick(const nb::list& items, ArrayIn<std::int64_t> index) {
    require_aligned(index, "index");
    const auto size = static_cast<std::int64_t>(items.size());
    const auto outside = [size](std::int64_t i) { return i < 0 || i >= size; };
    if (std::any_of(index.data(), index.data() + index.size(), outside)) {
        throw std::out_of_range("an index is not among the items");
    }
    PyObject* const picked = PyList_New(static_cast<Py_ssize_t>(index.size()));
    if (picked == nullptr) throw nb::python_error();
    for (std::size_t i = 0; i < index.size(); ++i) {
        PyList_SET_ITEM(picked, static_cast<Py_ssize_t>(i), Py_NewRef(PyList_GET_ITEM(items.ptr(), index(i))));
    }
    return nb::steal(picked);
}

template <class... Function>
void take_functions(const std::vector<std::uintptr_t>& addresses, Function*&... function) {
    if (addresses.size() != sizeof...(function)) {
        throw std::invalid_argument("there are " + std::to_string(sizeof...(function)) + " functions for this");
    }
    for (const std::uintptr_t address : addresses) {
        if (address == 0) throw std::invalid_argument("a function has no address");
    }
    const std::uintptr_t* address = addresses.data();
    ((function = reinterpret_cast<Function*>(*address++)), ...);
}

nb::object read_circuit(nb::handle circuit_data, double global_phase, const std::vector<std::uintptr_t>& functions) {
    QiskitFunctions qiskit{};
    take_functions(functions, qiskit.circuit_borrow_from_python, qiskit.circuit_num_instructions, qiskit.circuit_instruction_kind,
                   qiskit.circuit_view_instruction, qiskit.param_kind, qiskit.param_as_real, qiskit.param_stride);
    // Under the GIL: nobody changes the circuit meanwhile.
    const void* const circuit = qiskit.circuit_borrow_from_python(circuit_data.ptr());
    if (circuit == nullptr) throw nb::python_error();
    auto read = read_plain(circuit, global_phase, qiskit);
    if (!read) return nb::none();
    return nb::make_tuple(to_numpy(std::move(read->codes)), to_numpy(std::move(read->params)),
                          to_numpy(std::move(read->progress_start)), to_numpy(std::move(read->progress_limit)),
                          read->writes_memory, read->has_measurements);
}

// Reads plain circuits in QPY, with what it needs of Qiskit at hand.
class QpyReader {
   public:
    QpyReader(const std::map<std::string, std::tuple<std::uint8_t, std::uint32_t, std::uint32_t>>& gates,
              const std::vector<std::uintptr_t>& functions) {
        for (const auto& [name, gate] : gates) {
            gates_[name] = {std::get<0>(gate), std::get<1>(gate), std::get<2>(gate)};
        }
        take_functions(functions, qiskit_.borrow_from_python, qiskit_.num_qubits, qiskit_.num_clbits, qiskit_.gate, qiskit_.measure,
                       qiskit_.reset, qiskit_.barrier);
    }

    std::optional<std::size_t> append(nb::handle circuit_data, const nb::bytes& qpy, std::size_t start,
                                      std::uint64_t num_instructions) const {
        void* const circuit = qiskit_.borrow_from_python(circuit_data.ptr());
        if (circuit == nullptr) throw nb::python_error();
        const std::string_view data(static_cast<const char*>(qpy.data()), qpy.size());
        return append_qpy(data, start, num_instructions, circuit, gates_, qiskit_);
    }

   private:
    StandardGates gates_;
    QiskitAppending qiskit_{};
};

}  // namespace

NB_MODULE(_core, module) {
    module.doc() = "The native simulator: compiles flat arrays to passes over a state, and runs them.";

    // At the interpreter's end a thread of the pool may still hold a program.
    nb::set_leak_warnings(false);

    nb::exception<Cancelled>(module, "CancelledError");
    nb::exception<ClassicalError>(module, "ClassicalError");
    nb::exception<OutOfMemory>(module, "OutOfMemoryError", PyExc_MemoryError);

    nb::class_<Program>(module, "Program", "A compiled circuit.")
        // A control that was converted would be a copy, which nobody watches.
        .def("run", &run, "shots"_a, "seed"_a, "control"_a.noconvert(), nb::kw_only(), "circuit_index"_a, "first_shot"_a,
             "num_instructions"_a, "threads"_a, "memory_limit_bytes"_a, "initial_state"_a.none())
        .def_prop_ro("state_bytes", &Program::state_bytes, "Size of one state in bytes.")
        .def_prop_ro("branches", &Program::branches, "Whether something is measured, or decided, before the end.")
        .def_prop_ro("num_passes", &Program::num_passes, "How many passes over the state a run takes.");

    module.def("compile_circuit", &compile_arrays, "num_qubits"_a, "num_clbits"_a, "variable_names"_a, "codes"_a,
               "params"_a, "progress_start"_a, "progress_limit"_a, nb::kw_only(), "output"_a = 0, "single_precision"_a = false, "most_fused_qubits"_a = 0, "simd"_a = "");
    module.def("pick", &pick, "items"_a, "index"_a, "Returns the items with these indices, as a list.");
    module.def("read_circuit", &read_circuit, "circuit_data"_a, "global_phase"_a, "functions"_a,
               "Reads a circuit of standard gates by Qiskit's C functions at these addresses; None if there is more in it.");
    nb::class_<QpyReader>(module, "QpyReader", "Reads the instructions of plain circuits in QPY.")
        .def(nb::init<const std::map<std::string, std::tuple<std::uint8_t, std::uint32_t, std::uint32_t>>&,
                      const std::vector<std::uintptr_t>&>(),
             "gates"_a, "functions"_a)
        .def("append", &QpyReader::append, "circuit_data"_a, "qpy"_a, "start"_a, "num_instructions"_a,
             "Adds instructions to a circuit; returns where they end, or None if not all can be read here.");
    module.def("available_simd", [] {
        std::vector<std::string> names;
        for (const char* name : available_simd()) names.emplace_back(name);
        return names;
    });
    module.def("gate_codes", [] {
        nb::dict codes;
        for (std::size_t i = 0; i < gate_kinds().size(); ++i) {
            const GateKind& kind = gate_kinds()[i];
            codes[kind.name] = nb::make_tuple(i, kind.num_qubits(), kind.num_params);
        }
        return codes;
    });
    module.def("expression_codes", [] {
        // In the order of ExpressionCode.
        const char* names[] = {"INTEGER",         "REAL",           "BITS",          "VARIABLE",
                               "NOT",             "BIT_NOT",        "NEGATE",        "NEGATE_REAL",
                               "MASK",            "INTEGER_TO_BOOL", "REAL_TO_BOOL", "INTEGER_TO_REAL",
                               "REAL_TO_INTEGER", "AND",            "OR",            "XOR",
                               "ADD",             "SUBTRACT",       "MULTIPLY",      "DIVIDE",
                               "SHIFT_LEFT",      "SHIFT_RIGHT",    "EQUAL",         "NOT_EQUAL",
                               "LESS",            "LESS_EQUAL",     "GREATER",       "GREATER_EQUAL",
                               "ADD_REAL",        "SUBTRACT_REAL",  "MULTIPLY_REAL", "DIVIDE_REAL",
                               "EQUAL_REAL",      "NOT_EQUAL_REAL", "LESS_REAL",     "LESS_EQUAL_REAL",
                               "GREATER_REAL",    "GREATER_EQUAL_REAL", "INDEX",     "SKIP_IF_FALSE",
                               "SKIP_IF_TRUE"};
        static_assert(std::size(names) == static_cast<std::size_t>(ExpressionCode::kCount));
        nb::dict codes;
        for (std::size_t i = 0; i < std::size(names); ++i) codes[names[i]] = i;
        return codes;
    });
    module.attr("INTEGER_BITS") = 64;
    const std::pair<const char*, int> codes[] = {
        {"MATRIX", kMatrix},          {"MEASURE", kMeasure},          {"RESET", kReset},
        {"STORE", kStore},            {"JUMP", kJump},                {"JUMP_UNLESS", kJumpUnless},
        {"SWITCH", kSwitch},          {"ENTER_LOOP", kEnterLoop},     {"NEXT_ITERATION", kNextIteration},
    };
    for (const auto& [name, code] : codes) module.attr(name) = code;
}
