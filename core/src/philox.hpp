// Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//
// The key is the seed, the counter is (shot, draw, circuit): a number depends on what it is for, not on what was drawn before.
// The reference engine's generator is the same.
#pragma once

#include <cstdint>

namespace queuebit {

static inline double philox_uniform(std::uint64_t seed, std::uint32_t circuit, std::uint32_t draw, std::uint64_t shot) {
    // 32-bit words in 64-bit variables, so that a compiler can vectorise over shots.
    constexpr std::uint64_t low = 0xFFFFFFFF;
    std::uint64_t c0 = shot & low, c1 = shot >> 32, c2 = draw, c3 = circuit;
    std::uint64_t k0 = seed & low, k1 = seed >> 32;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = c0 * 0xD2511F53u, product1 = c2 * 0xCD9E8D57u;
        c0 = (product1 >> 32) ^ c1 ^ k0;
        c1 = product1 & low;
        c2 = (product0 >> 32) ^ c3 ^ k1;
        c3 = product0 & low;
        k0 = (k0 + 0x9E3779B9u) & low;
        k1 = (k1 + 0xBB67AE85u) & low;
    }
    return static_cast<double>(((c0 << 32) | c1) >> 11) * 0x1.0p-53;
}

}  // namespace queuebit
