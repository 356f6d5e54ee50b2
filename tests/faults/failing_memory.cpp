// SPDX-License-Identifier: GPL-3.0-or-later
// A machine without memory, to be preloaded (LD_PRELOAD) into a program: from the
// $FAILING_MEMORY_FROM-th allocation of $FAILING_MEMORY_BYTES or more on (from 1), every such
// allocation fails. At the end the number of them goes to the file $FAILING_MEMORY_COUNT.
// What libtorch_cpu.so itself asks for is neither counted nor refused: it is oneDNN's and MKL's,
// who use what they get without looking. Tensors come from libc10.so.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

extern "C" {
// glibc's own, under the names that nothing replaces.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

// Constant-initialised: allocations come before any constructor runs.
std::atomic<std::size_t> smallest = 0;
std::atomic<long> from = 0;
std::atomic<long> made = 0;

__attribute__((constructor)) void begin() {
  if (const char* first = std::getenv("FAILING_MEMORY_FROM")) from = std::atol(first);
  if (const char* bytes = std::getenv("FAILING_MEMORY_BYTES")) {
    smallest = static_cast<std::size_t>(std::atol(bytes));
  }
}

__attribute__((destructor)) void end() {
  const char* name = std::getenv("FAILING_MEMORY_COUNT");
  if (name == nullptr) return;
  from = 0;
  if (std::FILE* file = std::fopen(name, "w")) {
    std::fprintf(file, "%ld\n", made.load());
    std::fclose(file);
  }
}

bool isOfTorchItself(const void* caller) {
  Dl_info where{};
  return ::dladdr(caller, &where) != 0 && where.dli_fname != nullptr &&
         std::strstr(where.dli_fname, "libtorch_cpu.so") != nullptr;
}

bool fails(std::size_t size, const void* caller) {
  if (smallest == 0 || size < smallest || isOfTorchItself(caller)) return false;
  const long number = ++made;
  if (from == 0 || number < from) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return fails(size, __builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  return fails(count * size, __builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
  return fails(size, __builtin_return_address(0)) ? nullptr : __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  return fails(size, __builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails(size, __builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  if (fails(size, __builtin_return_address(0))) return ENOMEM;
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
}
