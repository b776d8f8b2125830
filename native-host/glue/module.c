/*
 * The addon's entry. Each environment (the main thread, each worker) has a state of its own, which
 * the functions carry; nothing here is shared between threads. When an environment ends, also by
 * worker.terminate(), its clean-up hook closes every descriptor that its kernels own.
 */
#include "../core/clocks.h"
#include "../core/streams.h"
#include "../core/wake.h"
#include "abi.h"
#include "kernel-object.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

bool glue_define(napi_env env, napi_value target, const struct glue_function* functions,
                 size_t functions_count, void* data) {
  for (size_t index = 0; index < functions_count; index += 1) {
    const char* name = functions[index].name;
    napi_value function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, functions[index].callback, data,
                             &function) != napi_ok ||
        napi_set_named_property(env, target, name, function) != napi_ok) {
      return false;
    }
  }
  return true;
}

/* The one argument of a module function. */
static bool number_argument(napi_env env, napi_callback_info info, int32_t* number) {
  napi_value argument;
  size_t count = 1;
  return napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == napi_ok &&
         glue_int32(env, argument, number);
}

/* createWake(): a wake descriptor, or a negated errno. */
static napi_value create_wake(napi_env env, napi_callback_info info) {
  (void)info;
  return glue_answer(env, pollux_wake_create());
}

/* signalWake(descriptor): 0, -BADF. */
static napi_value signal_wake(napi_env env, napi_callback_info info) {
  int32_t descriptor;
  if (!number_argument(env, info, &descriptor)) return glue_answer(env, -WASI_INVAL);
  return glue_answer(env, pollux_wake_signal(descriptor));
}

/* closeDescriptor(descriptor): 0, -BADF. */
static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  int32_t descriptor;
  if (!number_argument(env, info, &descriptor)) return glue_answer(env, -WASI_INVAL);
  /* Any other error of close(2) means that the descriptor is closed. */
  const bool was_open = close(descriptor) == 0 || errno != EBADF;
  return glue_answer(env, was_open ? 0 : -WASI_BADF);
}

/* currentThread(): the number of the calling thread. */
static napi_value current_thread(napi_env env, napi_callback_info info) {
  (void)info;
  return glue_answer(env, pollux_thread_current());
}

/* threadCpuNs(thread): nanoseconds, -INVAL. */
static napi_value thread_cpu_ns(napi_env env, napi_callback_info info) {
  int32_t thread;
  if (!number_argument(env, info, &thread)) return glue_answer(env, -WASI_INVAL);
  int64_t ns;
  const int32_t failure = pollux_thread_cpu_ns(thread, &ns);
  if (failure != 0) return glue_answer(env, failure);
  napi_value result = NULL;
  napi_create_double(env, (double)ns, &result);
  return result;
}

/* exitProcess(code): ends the process at once, whatever its threads are doing. */
static napi_value exit_process(napi_env env, napi_callback_info info) {
  int32_t code;
  if (!number_argument(env, info, &code)) return glue_answer(env, -WASI_INVAL);
  _exit(code);
}

/* useHugePages(bytes): 0, -INVAL for no Uint8Array or in a system that has no such pages. */
static napi_value use_huge_pages(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  napi_typedarray_type type;
  size_t length_bytes;
  void* bytes;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, argument, &type, &length_bytes, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    return glue_answer(env, -WASI_INVAL);
  }
  const bool is_taken = madvise(bytes, length_bytes, MADV_HUGEPAGE) == 0;
  return glue_answer(env, is_taken ? 0 : -WASI_INVAL);
}

/* abi: the number that binding.ts compares with its own. */
static bool define_abi(napi_env env, napi_value exports) {
  napi_value abi;
  return napi_create_int32(env, POLLUX_ABI, &abi) == napi_ok &&
         napi_set_named_property(env, exports, "abi", abi) == napi_ok;
}

/* musl takes libc.so.6 for itself and would load an addon that was compiled for glibc, whose
   structures and numbers need not be its own. This function it lacks, so it refuses. */
static void require_own_libc(void) {
#ifdef __GLIBC__
  (void)gnu_get_libc_version();
#endif
}

static void end_environment(void* data) {
  struct glue_environment* environment = data;
  while (environment->kernels != NULL) {
    struct glue_kernel* kernel = environment->kernels;
    environment->kernels = kernel->next;
    pollux_kernel_destroy(&kernel->core);
    free(kernel);
  }
  free(environment);
}

NAPI_MODULE_INIT() {
  static const struct glue_function FUNCTIONS[] = {
      {"createKernel", glue_create_kernel},   {"createWake", create_wake},
      {"signalWake", signal_wake},            {"closeDescriptor", close_descriptor},
      {"exitProcess", exit_process},          {"currentThread", current_thread},
      {"threadCpuNs", thread_cpu_ns},         {"useHugePages", use_huge_pages},
  };
  require_own_libc();
  pollux_streams_ignore_sigpipe();
  struct glue_environment* environment = calloc(1, sizeof *environment);
  if (environment == NULL) {
    napi_throw_error(env, NULL, "pollux: out of memory");
    return NULL;
  }
  if (napi_add_env_cleanup_hook(env, end_environment, environment) != napi_ok) {
    free(environment);
    napi_throw_error(env, NULL, "pollux: Node refuses the addon");
    return NULL;
  }
  const size_t functions_count = sizeof FUNCTIONS / sizeof FUNCTIONS[0];
  const bool is_defined = define_abi(env, exports) &&
                          glue_define(env, exports, FUNCTIONS, functions_count, environment);
  return is_defined ? exports : NULL;
}
