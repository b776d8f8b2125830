/* Methods that wait, wake and tell the time. An instant crosses in pinned memory, since a number
   that is no small integer would be allocated for each call. */
#include "../core/clocks.h"
#include "../core/wait.h"
#include "kernel-object.h"

static napi_value method_open_set(napi_env env, napi_callback_info info) {
  struct glue_call call;
  if (!glue_call_read(env, info, 0, &call)) return glue_answer(env, call.failure);
  return glue_answer(env, pollux_open_set(&call.self->core));
}

static napi_value method_close_set(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t set;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &set)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, pollux_close_set(&call.self->core, set));
}

/* watch(), hot: set, handle, interest, mode. */
static napi_value method_watch(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const int32_t* words = arguments->words;
  return glue_hot_answer(arguments, pollux_watch(&self->core, words[0], words[1],
                                                 (uint32_t)words[2], words[3]));
}

static napi_value method_unwatch(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t set;
  int32_t handle;
  if (!glue_call_read(env, info, 2, &call) || !glue_int32(env, call.arguments[0], &set) ||
      !glue_int32(env, call.arguments[1], &handle)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, pollux_unwatch(&call.self->core, set, handle));
}

/* wait(), hot: set, and how long. */
static napi_value method_wait(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  int64_t timeout_ns;
  if (self == NULL || !pollux_timeout_from_double(arguments->duration_ns, &timeout_ns)) {
    return glue_answer(env, failure);
  }
  const struct glue_memory* ready = &self->pins[GLUE_PIN_READY];
  const size_t capacity = ready->length_bytes / 8;
  const uint32_t room = capacity > UINT32_MAX ? UINT32_MAX : (uint32_t)capacity;
  const int32_t set = arguments->words[0];
  return glue_hot_answer(arguments,
                         pollux_wait(&self->core, set, timeout_ns, ready->data, room));
}

/* waitFew(), hot: how long. */
static napi_value method_wait_few(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  int64_t timeout_ns;
  if (self == NULL || !pollux_timeout_from_double(arguments->duration_ns, &timeout_ns)) {
    return glue_answer(env, failure);
  }
  const struct glue_memory* few = &self->pins[GLUE_PIN_FEW];
  if (few->length_bytes < POLLUX_FEW_WORDS * sizeof(int32_t)) {
    return glue_answer(env, -WASI_INVAL);
  }
  return glue_hot_answer(arguments, pollux_wait_few(&self->core, few->data, timeout_ns));
}

static napi_value method_wake(napi_env env, napi_callback_info info) {
  struct glue_call call;
  if (glue_call_read(env, info, 0, &call)) pollux_kernel_wake(&call.self->core);
  return NULL;
}

static napi_value method_consume_wake(napi_env env, napi_callback_info info) {
  struct glue_call call;
  if (glue_call_read(env, info, 0, &call)) pollux_kernel_consume_wake(&call.self->core);
  return NULL;
}

/* Writes an instant where JavaScript reads it. */
static int32_t put_instant(const struct glue_kernel* kernel, uint64_t ns) {
  const struct glue_memory* instant = &kernel->pins[GLUE_PIN_INSTANT];
  if (instant->length_bytes < 2 * sizeof(uint32_t)) return -WASI_INVAL;
  uint32_t* words = instant->data;
  words[0] = (uint32_t)ns;
  words[1] = (uint32_t)(ns >> 32);
  return 0;
}

static napi_value method_clock_time(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t clock;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &clock)) {
    return glue_answer(env, call.failure);
  }
  uint64_t ns;
  const int32_t read = pollux_clock_time(clock, call.self->core.monotonic_start_ns, &ns);
  return glue_answer(env, read < 0 ? read : put_instant(call.self, ns));
}

static napi_value method_clock_resolution(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t clock;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &clock)) {
    return glue_answer(env, call.failure);
  }
  uint64_t ns;
  const int32_t read = pollux_clock_resolution(clock, &ns);
  return glue_answer(env, read < 0 ? read : put_instant(call.self, ns));
}

bool glue_define_wait_methods(napi_env env, napi_value object, struct glue_kernel* kernel) {
  static const struct glue_function METHODS[] = {
      {"openSet", method_open_set},
      {"closeSet", method_close_set},
      {"watch", method_watch},
      {"unwatch", method_unwatch},
      {"wait", method_wait},
      {"waitFew", method_wait_few},
      {"wake", method_wake},
      {"consumeWake", method_consume_wake},
      {"clockTime", method_clock_time},
      {"clockResolution", method_clock_resolution},
  };
  return glue_define(env, object, METHODS, sizeof METHODS / sizeof METHODS[0], kernel);
}
