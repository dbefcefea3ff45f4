#include "program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <utility>
#include <variant>

#include "aligned.hpp"
#include "fusion.hpp"
#include "kernels.hpp"
#include "plans.hpp"
#include "sampling.hpp"
#include "stages.hpp"
#include "team.hpp"

namespace queuebit {
namespace {

// States below this many blocks are faster on one thread: a pass takes less time than waking the others.
constexpr std::uint64_t kShareFromBlocks = std::uint64_t{1} << 12;

// Blocks between two looks at the cancel flag, and in one partial sum: about 50 microseconds of work.
constexpr std::uint64_t kBlocksAtOnce = std::uint64_t{1} << 12;

// Amplitudes copied between two looks at the cancel flag.
constexpr std::uint64_t kAmplitudesAtOnce = std::uint64_t{1} << 14;

constexpr std::uint64_t kAllQubits = ~std::uint64_t{0};

// The shortest run that is worth copying for a stage: 2 KiB.
constexpr int kContiguousQubits = 7;

// Measured on quantum volume circuits: making a cluster's matrix costs more than it saves on narrow states.
int best_fused_qubits(int num_qubits) { return num_qubits <= 8 ? 2 : 3; }

struct Measurement {
    int qubit;
    std::int64_t clbit;
};

template <class T>
struct Reset {
    int qubit;
    DensePlan<T> flip;
};

// Control flow or an assignment; its targets are steps.
struct ClassicalStep {
    Operation::Kind kind;
    ClassicalOperation operation;
};

template <class T>
struct Step {
    std::variant<DensePlan<T>, DiagonalPlan<T>, WidePlan<T>, Stage<T>, Measurement, Reset<T>, ClassicalStep> action;

    // The progress with which the instruction that this is a part of begins and ends, and what this adds to it.
    double start = 0;
    double limit = 0;
    double share = 1;
};

// The numbers of a branch's shots, ascending: a range, until a measurement splits it.
class Shots {
   public:
    Shots() = default;
    Shots(std::int64_t first, std::size_t count) : first_(first), count_(count) {}
    explicit Shots(std::vector<std::int64_t> numbers) : count_(numbers.size()), numbers_(std::move(numbers)) {}

    std::size_t size() const { return count_; }
    bool is_range() const { return numbers_.empty(); }
    std::int64_t operator[](std::size_t i) const {
        return is_range() ? first_ + static_cast<std::int64_t>(i) : numbers_[i];
    }
    std::int64_t back() const { return (*this)[count_ - 1]; }

   private:
    std::int64_t first_ = 0;
    std::size_t count_ = 0;
    std::vector<std::int64_t> numbers_;
};

template <class T>
struct Branch {
    Buffer state;
    Shots shots;
    ClassicalState classical;
    std::size_t position = 0;
    std::uint32_t draws = 0;
    double progress = 0;
    // The qubits that may be 1 in a basis state whose amplitude isn't 0: what is known to be 0 need not be worked on.
    std::uint64_t active = 0;

    T* amplitudes() const { return static_cast<T*>(state.data()); }
};

// Gates between two operations of another kind.
struct Segment {
    Fuser fuser;
    std::int64_t num_gates = 0;
    double start = 0;
    double limit = 0;

    void add(const Gate& gate, double gate_start, double gate_limit) {
        if (num_gates++ == 0) start = gate_start;
        limit = gate_limit;
        fuser.add(gate);
    }
};

template <class T>
class TypedProgram : public Program {
   public:
    TypedProgram(const Circuit& circuit, const CompileOptions& options);

    std::uint64_t state_size() const override {
        return std::uint64_t{1} << (num_qubits_ * (output_ == Output::kUnitary ? 2 : 1));
    }
    std::uint64_t state_bytes() const override { return (std::uint64_t{2} << width_) * sizeof(T); }
    std::int64_t num_passes() const override { return static_cast<std::int64_t>(steps_.size()); }
    bool branches() const override {
        return std::any_of(steps_.begin(), steps_.end(), [](const Step<T>& step) {
            return std::holds_alternative<Measurement>(step.action) || std::holds_alternative<Reset<T>>(step.action) ||
                   std::holds_alternative<ClassicalStep>(step.action);
        });
    }
    RunResult run(const RunRequest& request, const Control& control) const override;

   private:
    template <class U>
    friend class Runner;

    void flush(Segment& segment);
    Step<T> plan(Pass& pass) const;
    Step<T> plan(const Operation& operation, const Circuit& circuit) const;
    int place(int qubit) const { return place_[static_cast<std::size_t>(qubit)]; }

    Output output_;
    int num_qubits_;
    int width_;  // qubits of the stored state: twice as many for a unitary, and never less than a block
    std::int64_t num_clbits_;
    std::vector<std::string> variable_names_;
    std::size_t num_loops_;
    const Kernels<T>* kernels_;
    std::vector<Step<T>> steps_;
    std::vector<int> place_;  // of each qubit at the end: swaps only rename
    bool in_place_ = true;    // no qubit was renamed
    std::vector<std::pair<int, std::int64_t>> final_measurements_;  // stored qubit, classical bit
    Complex phase_ = 1.0;
};

// Measurements that nothing after them depends on can all be made at the end. Those before the last place that something jumps to
// may be left out, or repeated; a store may read or overwrite what was measured before it.
std::vector<bool> find_final_measurements(const Circuit& circuit) {
    std::vector<bool> final(circuit.operations.size());
    std::vector<bool> busy(static_cast<std::size_t>(circuit.num_qubits));
    std::set<std::int64_t> busy_clbits;
    std::size_t last_target = 0;
    for (const ClassicalOperation& operation : circuit.classical) {
        last_target = std::max(last_target, operation.target);
        for (const auto& [value, target] : operation.cases) last_target = std::max(last_target, target);
    }
    for (std::size_t i = circuit.operations.size(); i-- > last_target;) {
        const Operation& operation = circuit.operations[i];
        if (operation.kind > Operation::Kind::kReset) break;
        if (operation.kind == Operation::Kind::kGate) {
            operation.each_qubit([&busy](int touched) { busy[static_cast<std::size_t>(touched)] = true; });
            continue;
        }
        const auto qubit = static_cast<std::size_t>(operation.qubit());
        if (operation.kind == Operation::Kind::kMeasure && !busy[qubit] && busy_clbits.count(operation.clbit) == 0) {
            final[i] = true;
            continue;
        }
        busy[qubit] = true;
        if (operation.kind == Operation::Kind::kMeasure) busy_clbits.insert(operation.clbit);
    }
    return final;
}

// Where something jumps to, by operation; gates on its two sides can't be gathered.
std::vector<bool> find_targets(const Circuit& circuit) {
    std::vector<bool> is_target(circuit.operations.size() + 1);
    for (const Operation& operation : circuit.operations) {
        if (operation.kind < Operation::Kind::kJump || operation.kind == Operation::Kind::kEnterLoop) continue;
        const ClassicalOperation& classical = circuit.classical[operation.classical];
        is_target[classical.target] = true;
        for (const auto& [value, target] : classical.cases) is_target[target] = true;
    }
    return is_target;
}

template <class T>
TypedProgram<T>::TypedProgram(const Circuit& circuit, const CompileOptions& options)
    : output_(options.output),
      num_qubits_(circuit.num_qubits),
      width_(std::max(kLaneBits<T>, circuit.num_qubits * (options.output == Output::kUnitary ? 2 : 1))),
      num_clbits_(circuit.num_clbits),
      variable_names_(circuit.variable_names),
      num_loops_(circuit.num_loops),
      kernels_(&kernels<T>(options.simd.empty() ? available_simd().front() : options.simd.c_str())),
      place_(static_cast<std::size_t>(circuit.num_qubits)) {
    const int most =
        options.most_fused_qubits > 0 ? std::min(options.most_fused_qubits, 4) : best_fused_qubits(width_);
    std::iota(place_.begin(), place_.end(), 0);
    const std::vector<bool> is_final = find_final_measurements(circuit);
    const std::vector<bool> is_target = find_targets(circuit);
    std::vector<std::size_t> step_of(circuit.operations.size() + 1);
    Segment segment{Fuser(num_qubits_, most)};
    for (std::size_t i = 0; i < circuit.operations.size(); ++i) {
        const Operation& operation = circuit.operations[i];
        if (is_target[i]) flush(segment);
        step_of[i] = steps_.size();
        const double start = options.progress_start[i], limit = options.progress_limit[i];
        if (operation.kind == Operation::Kind::kGate) {
            if (operation.is_swap && !circuit.has_jumps) {
                std::swap(place_[static_cast<std::size_t>(operation.qubits[0])],
                          place_[static_cast<std::size_t>(operation.qubits[1])]);
                continue;
            }
            Gate gate = operation.gate();
            if (operation.is_phase && !circuit.has_jumps) {
                phase_ *= gate.matrix(0, 0);
                continue;
            }
            for (std::int8_t& qubit : gate.targets) qubit = static_cast<std::int8_t>(place(qubit));
            for (std::int8_t& qubit : gate.controls) qubit = static_cast<std::int8_t>(place(qubit));
            segment.add(gate, start, limit);
        } else if (is_final[i]) {
            final_measurements_.emplace_back(operation.qubit(), operation.clbit);
        } else {
            flush(segment);
            step_of[i] = steps_.size();
            Step<T> step = plan(operation, circuit);
            step.start = start;
            step.limit = limit;
            steps_.push_back(std::move(step));
        }
    }
    flush(segment);
    step_of.back() = steps_.size();
    for (Step<T>& step : steps_) {
        auto* const classical = std::get_if<ClassicalStep>(&step.action);
        if (classical == nullptr) continue;
        classical->operation.target = step_of[classical->operation.target];
        for (auto& [value, target] : classical->operation.cases) target = step_of[target];
    }
    in_place_ = std::is_sorted(place_.begin(), place_.end());
    // Nothing touches a qubit behind its final measurement, so where it is at the end is where it was.
    for (auto& [qubit, clbit] : final_measurements_) qubit = place(qubit);
}

template <class T>
Step<T> TypedProgram<T>::plan(const Operation& operation, const Circuit& circuit) const {
    if (operation.kind == Operation::Kind::kMeasure) {
        return {Measurement{place(operation.qubit()), operation.clbit}};
    }
    if (operation.kind == Operation::Kind::kReset) {
        const Complex x[4] = {0, 1, 1, 0};
        Gate flip;
        flip.targets = {place(operation.qubit())};
        flip.matrix = Matrix(2, x);
        return {Reset<T>{flip.targets[0], plan_dense<T>(flip, width_, kernels_->rows_at_once)}};
    }
    return {ClassicalStep{operation.kind, circuit.classical[operation.classical]}};
}

template <class T>
void TypedProgram<T>::flush(Segment& segment) {
    if (segment.num_gates == 0) return;
    const std::size_t first = steps_.size();
    std::vector<Pass> passes = segment.fuser.finish();
    std::vector<bool> done(passes.size());
    for (std::size_t i = 0; i < passes.size(); ++i) {
        if (done[i]) continue;
        if (width_ > kStageQubits<T>) {
            const StageChoice choice =
                choose_stage(passes, done, i, num_qubits_, kStageQubits<T>, kContiguousQubits);
            if (choice.taken.size() > 1) {
                std::vector<const Pass*> taken;
                for (std::size_t j : choice.taken) {
                    taken.push_back(&passes[j]);
                    done[j] = true;
                }
                steps_.push_back({plan_stage<T>(taken, choice.qubits, kernels_->rows_at_once)});
                if (!done[i]) --i;
                continue;
            }
        }
        steps_.push_back(plan(passes[i]));
        done[i] = true;
    }
    const auto made = static_cast<double>(steps_.size() - first);
    for (std::size_t i = first; i < steps_.size(); ++i) {
        steps_[i].start = segment.start;
        steps_[i].limit = segment.limit;
        steps_[i].share = static_cast<double>(segment.num_gates) / made;
    }
    segment.num_gates = 0;
}

template <class T>
Step<T> TypedProgram<T>::plan(Pass& pass) const {
    if (pass.kind == Pass::Kind::kDiagonal) return {plan_diagonal<T>(pass.terms, width_)};
    if (pass.kind == Pass::Kind::kCluster) {
        Gate gate;
        gate.targets = pass.cluster.qubits;
        gate.matrix = std::move(pass.cluster.matrix);
        return {plan_dense<T>(gate, width_, kernels_->rows_at_once)};
    }
    // A control in the lane may need the room of a target.
    const std::size_t room = pass.gate->targets.size() + (pass.gate->controls.empty() ? 0 : 1);
    if (room <= static_cast<std::size_t>(kMostHighQubits)) {
        return {plan_dense<T>(*pass.gate, width_, kernels_->rows_at_once)};
    }
    return {plan_wide<T>(*pass.gate, width_)};
}

// One run: follows a branch to its end, then those that split off it.
template <class T>
class Runner {
   public:
    Runner(const TypedProgram<T>& program, const RunRequest& request, const Control& control)
        : program_(program),
          kernels_(*program.kernels_),
          request_(request),
          control_(control),
          blocks_(std::uint64_t{1} << (program.width_ - kLaneBits<T>)),
          team_(blocks_ >= kShareFromBlocks ? request.threads : 1),
          stage_buffers_(static_cast<std::size_t>(team_.size())),
          done_before_(control.done()) {
        result_.words = static_cast<int>(std::max<std::int64_t>(1, (program.num_clbits_ + 63) / 64));
        result_.index.reset(new std::int64_t[static_cast<std::size_t>(request.shots)]);
    }

    RunResult run() {
        poll();
        Branch<T> first;
        first.state = new_state();
        first.shots = Shots(request_.first_shot, static_cast<std::size_t>(request_.shots));
        if (program_.output_ == Output::kUnitary || request_.initial_state != nullptr) first.active = kAllQubits;
        first.classical.memory.resize(static_cast<std::size_t>(result_.words));
        first.classical.variables.resize(program_.variable_names_.size());
        first.classical.is_set.resize(program_.variable_names_.size());
        first.classical.loops.resize(program_.num_loops_);
        fill(first);
        const std::int64_t last_shot = request_.first_shot + request_.shots - 1;
        pending_.push_back(std::move(first));
        while (!pending_.empty()) {
            Branch<T> branch = std::move(pending_.back());
            pending_.pop_back();
            follow(branch);
            finish(branch);
            if (branch.shots.back() == last_shot && program_.output_ != Output::kCounts) copy_out(branch);
            states_bytes_ -= branch.state.size_bytes();
            advance(branch, static_cast<double>(request_.num_instructions));
            ++result_.branches;
        }
        control_.set_done(done_before_ + request_.num_instructions);
        return std::move(result_);
    }

   private:
    void poll() const {
        if (control_.cancelled()) throw Cancelled();
    }

    Buffer new_state() {
        const std::uint64_t size = program_.state_bytes();
        if (states_bytes_ + size > request_.memory_limit_bytes) throw OutOfMemory(size);
        states_bytes_ += size;
        return Buffer(size);
    }

    // The state is zero before.
    void fill(const Branch<T>& branch) {
        T* state = branch.amplitudes();
        const std::uint64_t size = std::uint64_t{1} << program_.num_qubits_;
        const std::uint64_t columns = program_.output_ == Output::kUnitary ? size : 1;
        if (request_.initial_state == nullptr) {
            for (std::uint64_t column = 0; column < columns; ++column) set(state, column * size + column, 1.0);
            return;
        }
        team_.share(size, kAmplitudesAtOnce / columns + 1, [&](int, std::uint64_t begin, std::uint64_t end) {
            if (control_.cancelled()) return;
            for (std::uint64_t row = begin; row < end; ++row) {
                for (std::uint64_t column = 0; column < columns; ++column) {
                    set(state, column * size + row, request_.initial_state[row * columns + column]);
                }
            }
        });
        poll();
    }

    static void set(T* state, std::uint64_t amplitude, Complex value) {
        T* at = state + position_of<T>(amplitude);
        at[0] = static_cast<T>(value.real());
        at[kLanes<T>] = static_cast<T>(value.imag());
    }

    void follow(Branch<T>& branch) {
        while (branch.position < program_.steps_.size()) {
            poll();
            const Step<T>& step = program_.steps_[branch.position];
            ++branch.position;
            const double after = std::min(std::max(branch.progress, step.start) + step.share, step.limit);
            passing_ = std::max(0.0, after - branch.progress) * static_cast<double>(branch.shots.size());
            std::visit([&](const auto& action) { carry_out(branch, action); }, step.action);
            poll();
            passing_ = 0;
            advance(branch, after);
        }
    }

    void carry_out(Branch<T>& branch, const DensePlan<T>& plan) {
        branch.active = kAllQubits;
        in_parts(plan.groups, kBlocksAtOnce >> plan.selector.count, [&](int, std::uint64_t begin, std::uint64_t end) {
            kernels_.dense(branch.amplitudes(), plan, begin, end);
        });
    }

    void carry_out(Branch<T>& branch, const DiagonalPlan<T>& plan) {
        in_parts(plan.groups, kBlocksAtOnce, [&](int, std::uint64_t begin, std::uint64_t end) {
            kernels_.diagonal(branch.amplitudes(), plan, begin, end);
        });
    }

    void carry_out(Branch<T>& branch, const WidePlan<T>& plan) {
        branch.active = kAllQubits;
        in_parts(plan.groups, 1, [&](int, std::uint64_t begin, std::uint64_t end) {
            apply_wide<T>(branch.amplitudes(), plan, begin, end);
        });
    }

    void carry_out(Branch<T>& branch, const Stage<T>& stage) {
        const StageParts parts = stage.parts(branch.active, program_.width_);
        branch.active |= stage.qubits;
        const auto is_cancelled = [this] { return control_.cancelled(); };
        in_parts(parts.count, 1, [&](int thread, std::uint64_t begin, std::uint64_t end) {
            apply_stage<T>(branch.amplitudes(), stage, parts.first_block, kernels_, stage_buffer(thread), begin, end,
                           is_cancelled);
        });
    }

    void carry_out(Branch<T>& branch, const Measurement& measurement) {
        measure(branch, measurement.qubit, [&](Branch<T>& settled, int outcome) {
            settled.classical.set_bit(measurement.clbit, outcome != 0);
        });
    }

    void carry_out(Branch<T>& branch, const Reset<T>& reset) {
        measure(branch, reset.qubit, [&](Branch<T>& settled, int outcome) {
            if (outcome == 1) carry_out(settled, reset.flip);
        });
    }

    // Runs a task over 0..total on all threads, in parts between which it can be cancelled.
    template <class Task>
    void in_parts(std::uint64_t total, std::uint64_t part, const Task& task) {
        team_.share(total, std::max<std::uint64_t>(part, 1), [&](int thread, std::uint64_t begin, std::uint64_t end) {
            if (control_.cancelled()) return;
            task(thread, begin, end);
            // The first thread speaks for all: a pass over a wide state takes long enough to be watched.
            if (thread == 0) show(static_cast<double>(end) / static_cast<double>(total));
        });
    }

    T* stage_buffer(int thread) {
        AlignedVector<T>& buffer = stage_buffers_[static_cast<std::size_t>(thread)];
        if (buffer.empty()) buffer.resize(std::size_t{2} << kStageQubits<T>);
        return buffer.data();
    }

    // Counts a branch's progress by its share of the shots. What is shown never goes back, nor beyond the whole.
    void advance(Branch<T>& branch, double progress) {
        if (progress <= branch.progress) return;
        shot_instructions_ += (progress - branch.progress) * static_cast<double>(branch.shots.size());
        branch.progress = progress;
        show(0);
    }

    // Shows the progress, with that part of the pass that is being made.
    void show(double part) {
        const double shot_instructions = shot_instructions_ + part * passing_;
        const auto done = static_cast<std::int64_t>(shot_instructions / static_cast<double>(request_.shots));
        shown_ = std::min(std::max(shown_, done), request_.num_instructions);
        control_.set_done(done_before_ + shown_);
    }

    void carry_out(Branch<T>& branch, const ClassicalStep& step) {
        const ClassicalOperation& operation = step.operation;
        ClassicalState& state = branch.classical;
        const auto value = [&] { return operation.expression.evaluate(state, program_.variable_names_).integer; };
        switch (step.kind) {
            case Operation::Kind::kStore:
                operation.assignment.carry_out(state, program_.variable_names_);
                break;
            case Operation::Kind::kJump:
                branch.position = operation.target;
                break;
            case Operation::Kind::kJumpUnless:
                if (value() == 0) branch.position = operation.target;
                break;
            case Operation::Kind::kSwitch: {
                const std::uint64_t wanted = value();
                branch.position = operation.target;
                for (const auto& [at, target] : operation.cases) {
                    if (at == wanted) branch.position = target;
                }
                break;
            }
            case Operation::Kind::kEnterLoop:
                state.loops[operation.loop] = 0;
                break;
            default: {
                std::int64_t& iteration = state.loops[operation.loop];
                if (iteration >= operation.values.count) {  // another may have counted further
                    branch.position = operation.target;
                    break;
                }
                if (operation.variable >= 0) {
                    const auto variable = static_cast<std::size_t>(operation.variable);
                    state.variables[variable].integer = static_cast<std::uint64_t>(operation.values.at(iteration));
                    state.is_set[variable] = true;
                }
                ++iteration;
            }
        }
    }

    // The branch's next random number for some of its shots.
    void draw(const Branch<T>& branch, std::size_t first, std::size_t count, double* out) const {
        constexpr std::size_t at_once = 512;
        std::int64_t shots[at_once];
        for (std::size_t i = 0; i < count; i += at_once) {
            const std::size_t batch = std::min(at_once, count - i);
            for (std::size_t j = 0; j < batch; ++j) shots[j] = branch.shots[first + i + j];
            kernels_.uniforms(request_.seed, request_.circuit_index, branch.draws, shots, batch, out + i);
        }
    }

    // Sums of |amplitude|^2, of all and of those with the qubit set; the same for any number of threads.
    std::pair<double, double> weights(const Branch<T>& branch, int qubit) {
        const std::uint64_t parts = (blocks_ + kBlocksAtOnce - 1) / kBlocksAtOnce;
        std::vector<double> sums(2 * parts);
        team_.share(parts, 1, [&](int, std::uint64_t begin, std::uint64_t end) {
            if (control_.cancelled()) return;
            for (std::uint64_t part = begin; part < end; ++part) {
                kernels_.weights(branch.amplitudes(), qubit, part * kBlocksAtOnce,
                                 std::min((part + 1) * kBlocksAtOnce, blocks_), &sums[2 * part]);
            }
        });
        poll();
        double all = 0, set = 0;
        for (std::uint64_t part = 0; part < parts; ++part) {
            all += sums[2 * part];
            set += sums[2 * part + 1];
        }
        return {all, set};
    }

    void project(const Branch<T>& branch, int qubit, int outcome, double weight) {
        T* state = branch.amplitudes();
        const double scale = 1 / std::sqrt(weight);
        in_parts(blocks_, kBlocksAtOnce, [&](int, std::uint64_t b, std::uint64_t e) {
            kernels_.project(state, qubit, outcome, scale, b, e);
        });
    }

    // The branch's shots by the outcome that each draws.
    std::array<std::vector<std::int64_t>, 2> split(Branch<T>& branch, double probability_0) {
        constexpr std::size_t at_once = 2048;
        double drawn[at_once];
        // One more, so that both can be written before it is known which grows.
        std::array<std::vector<std::int64_t>, 2> shots{std::vector<std::int64_t>(branch.shots.size() + 1),
                                                       std::vector<std::int64_t>(branch.shots.size() + 1)};
        std::size_t ends[2] = {};
        for (std::size_t first = 0; first < branch.shots.size(); first += at_once) {
            if (first % kNumbersAtOnce == 0) poll();
            const std::size_t batch = std::min(at_once, branch.shots.size() - first);
            draw(branch, first, batch, drawn);
            for (std::size_t i = 0; i < batch; ++i) {
                const bool one = drawn[i] >= probability_0;
                shots[0][ends[0]] = shots[1][ends[1]] = branch.shots[first + i];
                ++ends[one];
            }
        }
        ++branch.draws;
        for (const int outcome : {0, 1}) shots[outcome].resize(ends[outcome]);
        return shots;
    }

    void copy_blocks(const Branch<T>& from, const Branch<T>& to) {
        constexpr std::uint64_t block = 2 * kLanes<T>;
        team_.share(blocks_, kBlocksAtOnce, [&](int, std::uint64_t begin, std::uint64_t end) {
            if (control_.cancelled()) return;
            std::memcpy(to.amplitudes() + begin * block, from.amplitudes() + begin * block,
                        (end - begin) * block * sizeof(T));
        });
        poll();
    }

    // Splits the shots by the outcome; `settle(branch, outcome)` completes the branch of each.
    template <class Settle>
    void measure(Branch<T>& branch, int qubit, const Settle& settle) {
        const auto [all, set] = weights(branch, qubit);
        const double weight[2] = {all - set, set};
        const double probability_0 = weight[0] / all;
        std::array<std::vector<std::int64_t>, 2> shots = split(branch, probability_0);
        if (!shots[0].empty() && !shots[1].empty()) {
            Branch<T> other;
            other.state = new_state();
            copy_blocks(branch, other);
            // The many wait, so that what is followed halves: no more branches wait at once than the logarithm of the shots.
            const int waiting = shots[1].size() >= shots[0].size(), followed = 1 - waiting;
            other.shots = Shots(std::move(shots[waiting]));
            other.classical = branch.classical;
            other.progress = branch.progress;
            other.position = branch.position;
            other.draws = branch.draws;
            other.active = branch.active;
            branch.shots = Shots(std::move(shots[followed]));
            project(other, qubit, waiting, weight[waiting]);
            settle(other, waiting);
            project(branch, qubit, followed, weight[followed]);
            settle(branch, followed);
            pending_.push_back(std::move(other));
        } else {
            const int outcome = shots[0].empty();
            project(branch, qubit, outcome, weight[outcome]);
            settle(branch, outcome);
        }
    }

    void finish(Branch<T>& branch) {
        const auto words = static_cast<std::size_t>(result_.words);
        const auto first = static_cast<std::int64_t>(result_.values.size() / words);
        const auto& measurements = program_.final_measurements_;
        if (measurements.empty()) {
            result_.values.insert(result_.values.end(), branch.classical.memory.begin(), branch.classical.memory.end());
            result_.counts.push_back(static_cast<std::int64_t>(branch.shots.size()));
            for (std::size_t i = 0; i < branch.shots.size(); ++i) at(branch.shots[i]) = first;
            return;
        }
        std::vector<std::int64_t> elsewhere(branch.shots.is_range() ? 0 : branch.shots.size());
        std::int64_t* const outcomes = branch.shots.is_range() ? &at(branch.shots[0]) : elsewhere.data();
        const std::size_t count = branch.shots.size();
        sample_basis_states<T>(
            branch.amplitudes(), program_.width_, count,
            [&](std::size_t from, std::size_t n, double* out) { draw(branch, from, n, out); }, outcomes, kernels_,
            team_, [this] { poll(); });
        const std::vector<std::int64_t> distinct = number_distinct(outcomes, count);
        watched(distinct.size(), [&](std::size_t i) {
            for (const auto& [qubit, clbit] : measurements) branch.classical.set_bit(clbit, (distinct[i] >> qubit) & 1);
            result_.values.insert(result_.values.end(), branch.classical.memory.begin(), branch.classical.memory.end());
        });
        if (branch.shots.is_range() && first == 0) return;  // all are in their places
        watched(count, [&](std::size_t i) { at(branch.shots[i]) = first + outcomes[i]; });
    }

    // Replaces each basis state by its number among the distinct ones, which it returns in ascending order, and counts each.
    std::vector<std::int64_t> number_distinct(std::int64_t* outcomes, std::size_t count) {
        const std::uint64_t states = std::uint64_t{1} << program_.width_;
        const auto distinct =
            states <= 4 * count + 1024 ? number_by_table(outcomes, count) : number_by_sorting(outcomes, count);
        // In turns, so that adding to one needn't wait for the last addition.
        std::vector<std::int64_t> counts[2] = {std::vector<std::int64_t>(distinct.size()),
                                               std::vector<std::int64_t>(distinct.size())};
        watched(count, [&](std::size_t i) { ++counts[i & 1][static_cast<std::size_t>(outcomes[i])]; });
        for (std::size_t i = 0; i < distinct.size(); ++i) result_.counts.push_back(counts[0][i] + counts[1][i]);
        return distinct;
    }

    std::vector<std::int64_t> number_by_table(std::int64_t* outcomes, std::size_t count) const {
        std::vector<std::int64_t> distinct, number_of(std::size_t{1} << program_.width_, -1);
        watched(count, [&](std::size_t i) { number_of[static_cast<std::size_t>(outcomes[i])] = 0; });
        watched(number_of.size(), [&](std::size_t state) {
            if (number_of[state] < 0) return;
            number_of[state] = static_cast<std::int64_t>(distinct.size());
            distinct.push_back(static_cast<std::int64_t>(state));
        });
        watched(count, [&](std::size_t i) { outcomes[i] = number_of[static_cast<std::size_t>(outcomes[i])]; });
        return distinct;
    }

    // By digits, the least significant first: time and looks at the cancel flag don't depend on the distribution.
    std::vector<std::int64_t> number_by_sorting(std::int64_t* outcomes, std::size_t count) const {
        constexpr int digit_bits = 11;
        constexpr std::size_t digits = std::size_t{1} << digit_bits;
        struct Drawn {
            std::int64_t outcome;
            std::size_t shot;
        };
        std::vector<Drawn> sorted(count), other(count);
        watched(count, [&](std::size_t i) { sorted[i] = {outcomes[i], i}; });
        for (int shift = 0; shift < program_.width_; shift += digit_bits) {
            const auto digit = [shift](const Drawn& drawn) {
                return static_cast<std::size_t>(drawn.outcome >> shift) & (digits - 1);
            };
            std::vector<std::size_t> ends(digits + 1);
            watched(count, [&](std::size_t i) { ++ends[digit(sorted[i]) + 1]; });
            for (std::size_t i = 0; i < digits; ++i) ends[i + 1] += ends[i];
            watched(count, [&](std::size_t i) { other[ends[digit(sorted[i])]++] = sorted[i]; });
            sorted.swap(other);
        }
        std::vector<std::int64_t> distinct;
        watched(count, [&](std::size_t i) {
            if (i == 0 || sorted[i].outcome != distinct.back()) distinct.push_back(sorted[i].outcome);
            outcomes[sorted[i].shot] = static_cast<std::int64_t>(distinct.size()) - 1;
        });
        return distinct;
    }

    // Does something for each number below `count`, and looks at the cancel flag meanwhile.
    template <class Action>
    void watched(std::size_t count, const Action& action) const {
        constexpr std::size_t at_once = std::size_t{1} << 16;
        for (std::size_t first = 0; first < count; first += at_once) {
            poll();
            const std::size_t end = std::min(first + at_once, count);
            for (std::size_t i = first; i < end; ++i) action(i);
        }
    }

    std::int64_t& at(std::int64_t shot) { return result_.index[static_cast<std::size_t>(shot - request_.first_shot)]; }

    void copy_out(const Branch<T>& branch) {
        const std::uint64_t rows = std::uint64_t{1} << program_.num_qubits_;
        const std::uint64_t columns = program_.output_ == Output::kUnitary ? rows : 1;
        result_.state.reset(new double[2 * rows * columns]);
        // So few rows that what is read of each column stays in the cache until it is used up.
        const std::uint64_t at_once = columns == 1 ? kAmplitudesAtOnce : kLanes<T>;
        const Complex phase = program_.phase_;
        team_.share(rows, at_once, [&](int, std::uint64_t begin, std::uint64_t end) {
            if (control_.cancelled()) return;
            for (std::uint64_t column = 0; column < columns; ++column) {
                for (std::uint64_t row = begin; row < end; ++row) {
                    const T* amplitude = branch.amplitudes() + position_of<T>(column * rows + stored(row));
                    const double re = amplitude[0], im = amplitude[kLanes<T>];
                    double* const out = &result_.state[2 * (row * columns + column)];
                    out[0] = phase.real() * re - phase.imag() * im;
                    out[1] = phase.real() * im + phase.imag() * re;
                }
            }
        });
        poll();
    }

    // The basis state that is stored for one of the circuit's: swaps have renamed qubits.
    std::uint64_t stored(std::uint64_t row) const {
        if (program_.in_place_) return row;
        std::uint64_t result = 0;
        for (std::size_t qubit = 0; qubit < program_.place_.size(); ++qubit) {
            result |= ((row >> qubit) & 1) << program_.place_[qubit];
        }
        return result;
    }

    const TypedProgram<T>& program_;
    const Kernels<T>& kernels_;
    const RunRequest& request_;
    const Control& control_;
    const std::uint64_t blocks_;
    Team team_;
    std::vector<AlignedVector<T>> stage_buffers_;  // of each thread, when it has had use for one
    const std::int64_t done_before_;
    std::vector<Branch<T>> pending_;
    RunResult result_;
    std::uint64_t states_bytes_ = 0;
    double shot_instructions_ = 0;
    double passing_ = 0;  // what the pass that is being made adds to these
    std::int64_t shown_ = 0;
};

template <class T>
RunResult TypedProgram<T>::run(const RunRequest& request, const Control& control) const {
    return Runner<T>(*this, request, control).run();
}

}  // namespace

std::unique_ptr<Program> compile(const Circuit& circuit, const CompileOptions& options) {
    const int width = circuit.num_qubits * (options.output == Output::kUnitary ? 2 : 1);
    if (width > kMostQubits) throw std::invalid_argument("the circuit has too many qubits");
    if (options.single_precision) return std::make_unique<TypedProgram<float>>(circuit, options);
    return std::make_unique<TypedProgram<double>>(circuit, options);
}

}  // namespace queuebit
