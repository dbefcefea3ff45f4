// A few threads that share the passes of one run.
//
// Own threads and no OpenMP: a team lives as long as one run, so a process that forks between runs has none to lose, and each
// run can have its own number. Nobody waits for a thread that has nothing in hand: on a machine with other work, the system may let
// one sleep for longer than the run takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace queuebit {

class Team {
   public:
    // What a task is called with: the number of the thread, and the part of the whole that it is to do.
    using Task = std::function<void(int thread, std::uint64_t begin, std::uint64_t end)>;

    // Makes do with fewer threads when the system gives no more.
    explicit Team(int num_threads) {
        if (num_threads == 1) return;
        work_ = std::make_shared<Work>();
        try {
            while (size_ < num_threads) {
                std::thread([work = work_, i = size_] { work->serve(i); }).detach();
                ++size_;
            }
        } catch (const std::system_error&) {
        } catch (const std::bad_alloc&) {
        }
    }

    ~Team() {
        if (work_ != nullptr) work_->stop();
    }

    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const { return size_; }

    // Cuts 0..total into parts and has the threads take one after another; returns when all are done. A thread that the system
    // holds up holds up no more than its part. What a task throws is thrown here, when no thread is in it any more.
    void share(std::uint64_t total, std::uint64_t part, const Task& task) {
        if (size_ > 1 && total > part) {
            work_->share(total, part, task);
        } else {
            for (std::uint64_t begin = 0; begin < total; begin += part) {
                task(0, begin, total - begin > part ? begin + part : total);
            }
        }
    }

   private:
    // What the threads have in common. It lives until the last of them has ended.
    class Work {
       public:
        void share(std::uint64_t total, std::uint64_t part, const Task& task) {
            task_ = &task;
            total_ = total;
            part_ = part;
            next_.store(0, std::memory_order_relaxed);
            entered_.store(kOpen, std::memory_order_release);
            call();
            take_parts(0);
            entered_.fetch_and(~kOpen, std::memory_order_acq_rel);
            while (entered_.load(std::memory_order_acquire) != 0) pause();
            if (failed_.exchange(false)) std::rethrow_exception(std::exchange(failure_, nullptr));
        }

        void stop() {
            stopping_.store(true);
            call();
        }

        void serve(int thread) {
            for (int seen = 0;;) {
                for (int look = 0; look < kLooks && round_.load(std::memory_order_acquire) == seen; ++look) pause();
                round_.wait(seen);
                seen = round_.load();
                if (stopping_.load()) return;
                if (!enter()) continue;
                take_parts(thread);
                entered_.fetch_sub(1, std::memory_order_release);
            }
        }

       private:
        // How often a thread looks for the next task before it sleeps: longer than the gap between two passes.
        static constexpr int kLooks = 4000;

        // Set while the task may be entered; the other bits count the threads that are in it.
        static constexpr std::uint32_t kOpen = std::uint32_t{1} << 31;

        static void pause() {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#else
            std::this_thread::yield();
#endif
        }

        void call() {
            round_.fetch_add(1);
            round_.notify_all();
        }

        // Whoever is too late for a task may find the next one.
        bool enter() {
            std::uint32_t entered = entered_.load(std::memory_order_relaxed);
            while ((entered & kOpen) != 0) {
                if (entered_.compare_exchange_weak(entered, entered + 1, std::memory_order_acquire)) return true;
            }
            return false;
        }

        void take_parts(int thread) {
            try {
                for (;;) {
                    const std::uint64_t begin = next_.fetch_add(part_, std::memory_order_relaxed);
                    if (begin >= total_) return;
                    (*task_)(thread, begin, total_ - begin > part_ ? begin + part_ : total_);
                }
            } catch (...) {
                next_.store(total_, std::memory_order_relaxed);
                if (!failed_.exchange(true)) failure_ = std::current_exception();
            }
        }

        std::atomic<int> round_{0};
        std::atomic<std::uint32_t> entered_{0};
        std::atomic<bool> stopping_{false};
        std::atomic<bool> failed_{false};
        std::exception_ptr failure_;  // of the first thread whose task threw
        const Task* task_ = nullptr;
        std::uint64_t total_ = 0;
        std::uint64_t part_ = 1;
        std::atomic<std::uint64_t> next_{0};
    };

    int size_ = 1;
    std::shared_ptr<Work> work_;
};

}  // namespace queuebit
