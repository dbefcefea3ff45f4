#include "sampling.hpp"

#include <algorithm>
#include <vector>

namespace queuebit {
namespace {

// Amplitudes whose cumulative sums are held at once, at most. 32 KiB of them fit into the first-level cache.
constexpr int kMostChunkBits = 12;

// Amplitudes between two chances for other threads.
constexpr std::uint64_t kAmplitudesAtOnce = std::uint64_t{1} << 18;

// A chunk is gone through for each number that falls into it, if few do: so chunks are short, but not more than these can be.
constexpr int kFewestChunkBits = 6;
constexpr int kChunksBits = 14;

// Finds, for a number in [0, 1), the first of some cumulative sums that is greater than this share of their total. A table tells the
// place for most numbers, and for the others where to begin to look.
class CumulativeSearch {
   public:
    // `count` is a power of two; `searches` is how often it will be searched, about.
    void build(const double* sums, std::size_t count, std::size_t searches) {
        sums_ = sums;
        total_ = sums[count - 1];
        // The last place that can be hit: sums stop growing behind it.
        last_ = static_cast<std::size_t>(std::lower_bound(sums, sums + count, total_) - sums);
        std::size_t entries = count;
        while (entries < kMostEntries && 8 * entries < searches) entries *= 2;
        guide_.resize(entries);
        entries_ = static_cast<double>(entries);
        std::size_t at = 0;
        for (std::size_t i = 0; i < entries; ++i) {
            const double from = static_cast<double>(i) / entries_ * total_;
            const double to = static_cast<double>(i + 1) / entries_ * total_;
            while (at < last_ && sums_[at] <= from) ++at;
            const bool certain = at == last_ || sums_[at] > to;
            guide_[i] = static_cast<std::uint32_t>(at) | (certain ? 0 : kLookOn);
        }
    }

    __attribute__((always_inline)) std::size_t find(double number) const {
        // By way of a signed number, which takes one instruction.
        const std::uint32_t guide = guide_[static_cast<std::size_t>(static_cast<std::int64_t>(number * entries_))];
        return (guide & kLookOn) == 0 ? guide : look_on(guide & ~kLookOn, number * total_);
    }

    double total() const { return total_; }

   private:
    static constexpr std::size_t kMostEntries = std::size_t{1} << kMostChunkBits;
    static constexpr std::uint32_t kLookOn = std::uint32_t{1} << 31;

    std::size_t look_on(std::size_t at, double target) const {
        while (at < last_ && sums_[at] <= target) ++at;
        return at;
    }

    const double* sums_ = nullptr;
    std::size_t last_ = 0;
    double total_ = 0;
    double entries_ = 0;
    std::vector<std::uint32_t> guide_;
};

// A state whose cumulative sums fit into the cache: number by number.
template <class T>
void sample_narrow(const T* state, int num_qubits, std::size_t count, const Numbers& numbers, std::int64_t* outcomes,
                   const Kernels<T>& kernels, const std::function<void()>& poll) {
    constexpr std::size_t at_once = 2048;
    const std::size_t size = std::size_t{1} << num_qubits;
    std::vector<double> sums(size);
    kernels.probabilities(state, 0, size / kLanes<T>, sums.data());
    for (std::size_t i = 1; i < size; ++i) sums[i] += sums[i - 1];
    CumulativeSearch search;
    search.build(sums.data(), size, count);
    double drawn[at_once];
    for (std::size_t first = 0; first < count; first += at_once) {
        if (first % kNumbersAtOnce == 0) poll();
        const std::size_t batch = std::min(at_once, count - first);
        numbers(first, batch, drawn);
        for (std::size_t i = 0; i < batch; ++i) {
            outcomes[first + i] = static_cast<std::int64_t>(search.find(drawn[i]));
        }
    }
}

// A wide state: in chunks, so that neither the numbers nor the sums are gone through at random.
template <class T>
class WideSampler {
   public:
    WideSampler(const T* state, int num_qubits, const Kernels<T>& kernels, Team& team,
                const std::function<void()>& poll)
        : state_(state),
          chunk_bits_(std::clamp(num_qubits - kChunksBits, kFewestChunkBits, kMostChunkBits)),
          chunk_(std::size_t{1} << chunk_bits_),
          blocks_(chunk_ / kLanes<T>),
          chunks_(std::uint64_t{1} << (num_qubits - chunk_bits_)),
          kernels_(kernels),
          poll_(poll) {
        add_up(team);
    }

    void sample(std::size_t count, const Numbers& draw, std::int64_t* outcomes) {
        std::vector<double> numbers(count);
        for (std::size_t i = 0; i < count; i += kNumbersAtOnce) {
            poll_();
            draw(i, std::min(kNumbersAtOnce, count - i), numbers.data() + i);
        }
        sort_by_chunk(numbers);
        for (std::uint64_t chunk = 0; chunk < chunks_; ++chunk) {
            if (first_[chunk] != first_[chunk + 1]) sample_chunk(chunk, numbers, outcomes);
        }
    }

   private:
    // The cumulative sums of whole chunks.
    void add_up(Team& team) {
        ends_.resize(chunks_);
        team.share(chunks_, kAmplitudesAtOnce >> chunk_bits_, [&](int, std::uint64_t begin, std::uint64_t end) {
            kernels_.chunk_weights(state_, begin * blocks_, blocks_, end - begin, ends_.data() + begin);
        });
        poll_();
        for (std::uint64_t chunk = 1; chunk < chunks_; ++chunk) ends_[chunk] += ends_[chunk - 1];
    }

    // The numbers of each chunk together, so that a chunk's sums are made once.
    void sort_by_chunk(const std::vector<double>& numbers) {
        by_chunk_.build(ends_.data(), chunks_, numbers.size());
        std::vector<std::uint32_t> chunk_of(numbers.size());
        first_.assign(chunks_ + 1, 0);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (i % kNumbersAtOnce == 0) poll_();
            chunk_of[i] = static_cast<std::uint32_t>(by_chunk_.find(numbers[i]));
            ++first_[chunk_of[i] + 1];
        }
        for (std::uint64_t chunk = 0; chunk < chunks_; ++chunk) first_[chunk + 1] += first_[chunk];
        std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
        order_.resize(numbers.size());
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (i % kNumbersAtOnce == 0) poll_();
            order_[next[chunk_of[i]]++] = i;
        }
        poll_();
    }

    void sample_chunk(std::uint64_t chunk, const std::vector<double>& numbers, std::int64_t* outcomes) {
        sums_.resize(chunk_);
        kernels_.probabilities(state_, chunk * blocks_, (chunk + 1) * blocks_, sums_.data());
        for (std::size_t i = 1; i < chunk_; ++i) sums_[i] += sums_[i - 1];
        const double before = chunk == 0 ? 0.0 : ends_[chunk - 1], weight = ends_[chunk] - before;
        const std::size_t searches = first_[chunk + 1] - first_[chunk];
        const bool many = searches > chunk_ / 8;
        if (many) within_.build(sums_.data(), chunk_, searches);
        const auto last =
            static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), sums_.back()) - sums_.begin());
        for (std::size_t i = first_[chunk]; i < first_[chunk + 1]; ++i) {
            if (i % kNumbersAtOnce == 0) poll_();
            const double target = numbers[order_[i]] * by_chunk_.total() - before;
            std::size_t at;
            if (many) {
                // A state that is 0, or no number at all, has any outcome.
                const double share = target / weight;
                at = within_.find(share > 0 ? std::min(share, 1 - 0x1.0p-53) : 0.0);
            } else {
                at = static_cast<std::size_t>(std::upper_bound(sums_.begin(), sums_.end(), target) - sums_.begin());
            }
            outcomes[order_[i]] = static_cast<std::int64_t>((chunk << chunk_bits_) + std::min(at, last));
        }
    }

    const T* state_;
    const int chunk_bits_;
    const std::size_t chunk_;
    const std::uint64_t blocks_;  // in a chunk
    const std::uint64_t chunks_;
    const Kernels<T>& kernels_;
    const std::function<void()>& poll_;
    std::vector<double> ends_;
    CumulativeSearch by_chunk_;
    std::vector<std::size_t> first_;  // of each chunk, in order_
    std::vector<std::size_t> order_;
    std::vector<double> sums_;
    CumulativeSearch within_;
};

}  // namespace

template <class T>
void sample_basis_states(const T* state, int num_qubits, std::size_t count, const Numbers& numbers,
                         std::int64_t* outcomes, const Kernels<T>& kernels, Team& team,
                         const std::function<void()>& poll) {
    if (num_qubits <= kMostChunkBits) {
        sample_narrow<T>(state, num_qubits, count, numbers, outcomes, kernels, poll);
    } else {
        WideSampler<T>(state, num_qubits, kernels, team, poll).sample(count, numbers, outcomes);
    }
}

template void sample_basis_states<double>(const double*, int, std::size_t, const Numbers&, std::int64_t*,
                                          const Kernels<double>&, Team&, const std::function<void()>&);
template void sample_basis_states<float>(const float*, int, std::size_t, const Numbers&, std::int64_t*,
                                         const Kernels<float>&, Team&, const std::function<void()>&);

}  // namespace queuebit
