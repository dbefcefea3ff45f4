// A few threads that share the passes of one run.
//
// Own threads and no OpenMP: a team lives as long as one run, so a process that forks between runs has none to lose, and each
// run can have its own number.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace queuebit {

class Team {
   public:
    // Makes do with fewer threads when the system gives no more.
    explicit Team(int num_threads) {
        workers_.reserve(static_cast<std::size_t>(num_threads - 1));
        try {
            while (size_ < num_threads) {
                workers_.emplace_back([this, i = size_] { work(i); });
                ++size_;
            }
        } catch (const std::system_error&) {
        }
    }

    ~Team() {
        stopping_.store(true);
        advance();
        for (std::thread& worker : workers_) worker.join();
    }

    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const { return size_; }

    // What a task is called with: the number of the thread, and the part of the whole that it is to do.
    using Task = std::function<void(int thread, std::uint64_t begin, std::uint64_t end)>;

    // Cuts 0..total into parts and has the threads take one after another; returns when all are done. A thread that the system
    // holds up holds up no more than its part. `task` must not throw.
    void share(std::uint64_t total, std::uint64_t part, const Task& task) {
        task_ = &task;
        total_ = total;
        part_ = part;
        next_.store(0);
        if (size_ == 1 || total <= part) {
            take_parts(0);
            return;
        }
        busy_.store(size_ - 1);
        advance();
        take_parts(0);
        while (busy_.load(std::memory_order_acquire) != 0) pause();
    }

   private:
    // How often a worker looks for the next task before it sleeps: longer than the gap between two passes.
    static constexpr int kLooks = 4000;

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    void advance() {
        round_.fetch_add(1);
        round_.notify_all();
    }

    void take_parts(int thread) {
        for (;;) {
            const std::uint64_t begin = next_.fetch_add(part_);
            if (begin >= total_) return;
            (*task_)(thread, begin, begin + part_ < total_ ? begin + part_ : total_);
        }
    }

    void work(int i) {
        for (int seen = 0;;) {
            for (int look = 0; look < kLooks && round_.load(std::memory_order_acquire) == seen; ++look) pause();
            round_.wait(seen);
            seen = round_.load();
            if (stopping_.load()) return;
            take_parts(i);
            busy_.fetch_sub(1, std::memory_order_release);
        }
    }

    int size_ = 1;
    std::atomic<int> round_{0};
    std::atomic<int> busy_{0};
    std::atomic<bool> stopping_{false};
    const Task* task_ = nullptr;
    std::uint64_t total_ = 0;
    std::uint64_t part_ = 1;
    std::atomic<std::uint64_t> next_{0};
    std::vector<std::thread> workers_;
};

}  // namespace queuebit
