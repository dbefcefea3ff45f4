// A compiled circuit, and its run.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "circuit.hpp"

namespace queuebit {

enum class Output { kCounts, kStatevector, kUnitary };

// The two integers that a run shares with its watcher: a cancel flag and a progress counter.
struct Control {
    std::atomic<std::int64_t>* integers;
    bool cancelled() const { return integers[0].load(std::memory_order_relaxed) != 0; }
    void set_done(std::int64_t done) const { integers[1].store(done, std::memory_order_relaxed); }
    std::int64_t done() const { return integers[1].load(std::memory_order_relaxed); }
};

struct Cancelled : std::runtime_error {
    Cancelled() : std::runtime_error("the run was cancelled") {}
};

struct OutOfMemory : std::runtime_error {
    explicit OutOfMemory(std::uint64_t needed_bytes)
        : std::runtime_error("a further branch of the run does not fit into memory"), needed_bytes(needed_bytes) {}
    std::uint64_t needed_bytes;
};

struct RunRequest {
    std::int64_t shots = 1;
    std::int64_t first_shot = 0;
    std::uint64_t seed = 0;
    std::uint32_t circuit_index = 0;
    int threads = 1;
    std::uint64_t memory_limit_bytes = 0;  // for all states together
    std::int64_t num_instructions = 0;     // what the progress counter is advanced by
    const Complex* initial_state = nullptr;  // 2^n, or for a unitary 4^n row-major; or none
};

struct RunResult {
    int words = 1;                      // 64-bit words for one content of the classical memory
    std::vector<std::uint64_t> values;  // contents, each of `words` words, least significant first; may repeat
    std::vector<std::int64_t> counts;   // of each content
    std::unique_ptr<std::int64_t[]> index;  // for each shot the position of its content
    // Statevector, or the unitary row by row, of Program::state_size(): real and imaginary parts in turns. Not complex numbers,
    // which would all be set to 0 first.
    std::unique_ptr<double[]> state;
    std::int64_t branches = 0;
};

class Program {
   public:
    virtual ~Program() = default;
    virtual std::uint64_t state_bytes() const = 0;
    virtual std::uint64_t state_size() const = 0;  // complex numbers in an initial state
    virtual std::int64_t num_passes() const = 0;
    virtual bool branches() const = 0;  // whether something is measured, or decided, before the end
    virtual RunResult run(const RunRequest& request, const Control& control) const = 0;
};

struct CompileOptions {
    const std::int64_t* progress_start;  // for each operation, the progress with which the instruction it belongs to begins
    const std::int64_t* progress_limit;  // and the most it reaches
    Output output = Output::kCounts;
    bool single_precision = false;
    int most_fused_qubits = 0;  // 0: by the width of the circuit
    std::string simd;           // empty: the best there is
};

// Throws std::invalid_argument.
std::unique_ptr<Program> compile(const Circuit& circuit, const CompileOptions& options);

}  // namespace queuebit
