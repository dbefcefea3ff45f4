// Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//
// The key is the seed, the counter is (shot, draw, circuit): a number depends on what it is for, not on what was drawn before.
// The reference engine's generator is the same.
#pragma once

#include <cstdint>

namespace queuebit {

// Random bits of one or of several shots: `V` is a 64-bit integer, or a vector of these. `multiply` multiplies the low halves.
template <class V, class Multiply>
inline __attribute__((always_inline)) V philox_bits(std::uint64_t seed, std::uint32_t circuit, std::uint32_t draw, V shot,
                                                    const Multiply& multiply) {
    constexpr std::uint64_t low = 0xFFFFFFFF;
    V c0 = shot & low, c1 = shot >> 32, c2 = (shot & 0) + draw, c3 = (shot & 0) + circuit;
    std::uint64_t k0 = seed & low, k1 = seed >> 32;
    for (int round = 0; round < 10; ++round) {
        const V product0 = multiply(c0, 0xD2511F53u), product1 = multiply(c2, 0xCD9E8D57u);
        c0 = (product1 >> 32) ^ c1 ^ k0;
        c1 = product1 & low;
        c2 = (product0 >> 32) ^ c3 ^ k1;
        c3 = product0 & low;
        k0 = (k0 + 0x9E3779B9u) & low;
        k1 = (k1 + 0xBB67AE85u) & low;
    }
    return (c0 << 32) | c1;
}

// A number in [0, 1) from the highest 53 bits.
constexpr int kUnusedBits = 11;
constexpr double kUniformScale = 0x1.0p-53;

}  // namespace queuebit
