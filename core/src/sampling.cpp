#include "sampling.hpp"

#include <algorithm>
#include <cstddef>

namespace queuebit {
namespace {

// Amplitudes whose cumulative sums are held at once. 32 KiB of them fit into the first-level cache.
constexpr int kChunkBits = 12;

// Numbers between two looks at the cancel flag: some milliseconds of work.
constexpr std::size_t kNumbersAtOnce = std::size_t{1} << 18;

// Finds, for numbers up to the last of some cumulative sums, the first sum that is greater. A table leads close to it.
class CumulativeSearch {
   public:
    void build(const double* sums, std::size_t count) {
        sums_ = sums;
        count_ = count;
        total_ = sums[count - 1];
        // The last place that can be hit: sums stop growing behind it.
        last_ = static_cast<std::size_t>(std::lower_bound(sums, sums + count, total_) - sums);
        guide_.resize(count);
        std::size_t at = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double from = static_cast<double>(i) / static_cast<double>(count) * total_;
            while (at < last_ && sums_[at] <= from) ++at;
            guide_[i] = static_cast<std::uint32_t>(at);
        }
    }

    // `number` in [0, 1); `count` was a power of two.
    std::size_t find(double number) const {
        std::size_t at = guide_[static_cast<std::size_t>(number * static_cast<double>(count_))];
        const double target = number * total_;
        while (at < last_ && sums_[at] <= target) ++at;
        return at;
    }

    double total() const { return total_; }

   private:
    const double* sums_ = nullptr;
    std::size_t count_ = 0;
    std::size_t last_ = 0;
    double total_ = 0;
    std::vector<std::uint32_t> guide_;
};

}  // namespace

template <class T>
std::vector<std::uint64_t> sample_basis_states(const T* state, int num_qubits, const std::vector<double>& numbers,
                                               const Kernels<T>& kernels, Team& team,
                                               const std::function<void()>& poll) {
    const int chunk_bits = std::min(kChunkBits, num_qubits);
    const std::size_t chunk = std::size_t{1} << chunk_bits;
    const std::uint64_t chunks = std::uint64_t{1} << (num_qubits - chunk_bits);
    const std::uint64_t blocks = chunk / kLanes<T>;
    std::vector<std::uint64_t> outcomes(numbers.size());

    std::vector<double> ends(chunks);
    team.share(chunks, 64, [&](int, std::uint64_t begin, std::uint64_t end) {
        std::vector<double> weights(chunk);
        for (std::uint64_t c = begin; c < end; ++c) {
            kernels.probabilities(state, c * blocks, (c + 1) * blocks, weights.data());
            double sum = 0;
            for (double weight : weights) sum += weight;
            ends[c] = sum;
        }
    });
    poll();
    for (std::uint64_t c = 1; c < chunks; ++c) ends[c] += ends[c - 1];
    CumulativeSearch by_chunk;
    by_chunk.build(ends.data(), chunks);

    // The numbers of each chunk together, so that a chunk's sums are made once.
    std::vector<std::uint32_t> chunk_of(numbers.size());
    std::vector<std::uint32_t> first(chunks + 1);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i % kNumbersAtOnce == 0) poll();
        chunk_of[i] = static_cast<std::uint32_t>(by_chunk.find(numbers[i]));
        ++first[chunk_of[i] + 1];
    }
    for (std::uint64_t c = 0; c < chunks; ++c) first[c + 1] += first[c];
    std::vector<std::uint32_t> order(numbers.size());
    {
        std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (i % kNumbersAtOnce == 0) poll();
            order[next[chunk_of[i]]++] = static_cast<std::uint32_t>(i);
        }
    }
    poll();

    std::vector<double> sums(chunk);
    CumulativeSearch within;
    for (std::uint64_t c = 0; c < chunks; ++c) {
        if (first[c] == first[c + 1]) continue;
        kernels.probabilities(state, c * blocks, (c + 1) * blocks, sums.data());
        for (std::size_t i = 1; i < chunk; ++i) sums[i] += sums[i - 1];
        const double before = c == 0 ? 0.0 : ends[c - 1], weight = ends[c] - before;
        const bool many = first[c + 1] - first[c] > chunk / 8;
        if (many) within.build(sums.data(), chunk);
        const auto last = static_cast<std::size_t>(std::lower_bound(sums.begin(), sums.end(), sums.back()) - sums.begin());
        for (std::uint32_t i = first[c]; i < first[c + 1]; ++i) {
            if (i % kNumbersAtOnce == 0) poll();
            const double target = numbers[order[i]] * by_chunk.total() - before;
            std::size_t at;
            if (many && chunks == 1) {
                at = within.find(numbers[order[i]]);
            } else if (many) {
                // A state that is 0, or no number at all, has any outcome.
                const double share = target / weight;
                at = within.find(share > 0 ? std::min(share, 1 - 0x1.0p-53) : 0.0);
            } else {
                at = static_cast<std::size_t>(std::upper_bound(sums.begin(), sums.end(), target) - sums.begin());
            }
            outcomes[order[i]] = (c << chunk_bits) + std::min(at, last);
        }
    }
    return outcomes;
}

template std::vector<std::uint64_t> sample_basis_states<double>(const double*, int, const std::vector<double>&,
                                                                const Kernels<double>&, Team&,
                                                                const std::function<void()>&);
template std::vector<std::uint64_t> sample_basis_states<float>(const float*, int, const std::vector<double>&,
                                                               const Kernels<float>&, Team&,
                                                               const std::function<void()>&);

}  // namespace queuebit
