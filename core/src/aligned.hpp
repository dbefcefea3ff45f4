// Memory on 64-byte boundaries, and large zeroed memory that the system may back with huge pages.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace queuebit {

template <class T>
struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <class U>
    AlignedAllocator(const AlignedAllocator<U>&) {}
    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{64}));
    }
    void deallocate(T* pointer, std::size_t) { ::operator delete(pointer, std::align_val_t{64}); }
    template <class U>
    bool operator==(const AlignedAllocator<U>&) const {
        return true;
    }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

// A state's memory: zeroed, on a 64-byte boundary, given back to the system at its end.
class Buffer {
   public:
    Buffer() = default;
    explicit Buffer(std::size_t size_bytes) : size_(size_bytes) {
#if defined(__linux__)
        if (size_ >= kMapFrom) {
            data_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (data_ == MAP_FAILED) {
                data_ = nullptr;
                throw std::bad_alloc();
            }
            madvise(data_, size_, MADV_HUGEPAGE);
            return;
        }
#endif
        data_ = ::operator new(size_, std::align_val_t{64});
        std::memset(data_, 0, size_);
    }
    Buffer(Buffer&& other) noexcept : size_(std::exchange(other.size_, 0)), data_(std::exchange(other.data_, nullptr)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(size_, other.size_);
        std::swap(data_, other.data_);
        return *this;
    }
    ~Buffer() {
        if (data_ == nullptr) return;
#if defined(__linux__)
        if (size_ >= kMapFrom) {
            munmap(data_, size_);
            return;
        }
#endif
        ::operator delete(data_, std::align_val_t{64});
    }

    void* data() const { return data_; }
    std::size_t size_bytes() const { return size_; }

   private:
    static constexpr std::size_t kMapFrom = std::size_t{1} << 21;  // a huge page
    std::size_t size_ = 0;
    void* data_ = nullptr;
};

}  // namespace queuebit
