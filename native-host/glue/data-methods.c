/* Methods that move bytes between the system and the guest's memory. */
#include "../core/copy.h"
#include "../core/random.h"
#include "../core/sockets.h"
#include "../core/streams.h"
#include "kernel-object.h"

/* recv(), hot: handle, pointer, length, flags. */
static napi_value method_recv(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const int32_t* words = arguments->words;
  return glue_hot_answer(arguments, pollux_recv(&self->core, words[0], (uint32_t)words[1],
                                                (uint32_t)words[2], (uint32_t)words[3]));
}

/* send(), hot: handle, pointer, length. */
static napi_value method_send(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const int32_t* words = arguments->words;
  return glue_hot_answer(
      arguments, pollux_send(&self->core, words[0], (uint32_t)words[1], (uint32_t)words[2]));
}

/* Calls `function(kernel, handle, pointer, length)`. */
static napi_value call_with_bytes(napi_env env, napi_callback_info info,
                                  int32_t (*function)(struct pollux_kernel*, int32_t, uint64_t,
                                                      uint64_t)) {
  struct glue_call call;
  int32_t handle;
  uint64_t pointer;
  uint64_t length_bytes;
  if (!glue_call_read(env, info, 3, &call) || !glue_int32(env, call.arguments[0], &handle) ||
      !glue_uint32(env, call.arguments[1], &pointer) ||
      !glue_uint32(env, call.arguments[2], &length_bytes)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, function(&call.self->core, handle, pointer, length_bytes));
}

static napi_value method_read(napi_env env, napi_callback_info info) {
  return call_with_bytes(env, info, pollux_read);
}

static napi_value method_write(napi_env env, napi_callback_info info) {
  return call_with_bytes(env, info, pollux_write);
}

/* The pinned pairs if there are `count` of them, or NULL. */
static const uint32_t* vectors_of(const struct glue_kernel* kernel, int32_t count) {
  const struct glue_memory* vectors = &kernel->pins[GLUE_PIN_VECTORS];
  if (count < 0 || (uint64_t)count * 8 > vectors->length_bytes) return NULL;
  return vectors->data;
}

/* recvVectors(), hot: handle, count, flags. */
static napi_value method_recv_vectors(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const int32_t* words = arguments->words;
  const uint32_t* pairs = vectors_of(self, words[1]);
  if (pairs == NULL) return glue_answer(env, -WASI_INVAL);
  return glue_hot_answer(arguments,
                         pollux_recv_vectors(&self->core, words[0], pairs, (uint32_t)words[1],
                                             (uint32_t)words[2]));
}

/* sendVectors(), hot: handle, count. */
static napi_value method_send_vectors(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const int32_t* words = arguments->words;
  const uint32_t* pairs = vectors_of(self, words[1]);
  if (pairs == NULL) return glue_answer(env, -WASI_INVAL);
  return glue_hot_answer(
      arguments, pollux_send_vectors(&self->core, words[0], pairs, (uint32_t)words[1]));
}

static napi_value method_open_stdio(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t index;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &index)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, pollux_open_stdio(&call.self->core, index));
}

static napi_value method_random(napi_env env, napi_callback_info info) {
  struct glue_call call;
  uint64_t pointer;
  uint64_t length_bytes;
  if (!glue_call_read(env, info, 2, &call) || !glue_uint32(env, call.arguments[0], &pointer) ||
      !glue_uint32(env, call.arguments[1], &length_bytes)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, pollux_random(&call.self->core, pointer, length_bytes));
}

/* copyOut(), hot: where in the target, pointer, length. 0, -FAULT, or -INVAL outside of the target. */
static napi_value method_copy_out(napi_env env, napi_callback_info info) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  const struct glue_memory* pinned = &self->pins[GLUE_PIN_TARGET];
  const struct pollux_memory target = {.base = pinned->data,
                                       .length_bytes = pinned->length_bytes};
  const int32_t* words = arguments->words;
  const uint32_t length_bytes = (uint32_t)words[2];
  uint8_t* to = pollux_memory_at(&target, (uint32_t)words[0], length_bytes);
  if (to == NULL) return glue_answer(env, -WASI_INVAL);
  const uint8_t* from = pollux_memory_at(&self->core.memory, (uint32_t)words[1], length_bytes);
  if (from == NULL) return glue_answer(env, -WASI_FAULT);
  pollux_copy_past_caches(to, from, length_bytes);
  return glue_hot_answer(arguments, 0);
}

bool glue_define_data_methods(napi_env env, napi_value object, struct glue_kernel* kernel) {
  static const struct glue_function METHODS[] = {
      {"recv", method_recv},
      {"recvVectors", method_recv_vectors},
      {"send", method_send},
      {"sendVectors", method_send_vectors},
      {"openStdio", method_open_stdio},
      {"read", method_read},
      {"write", method_write},
      {"random", method_random},
      {"copyOut", method_copy_out},
  };
  return glue_define(env, object, METHODS, sizeof METHODS / sizeof METHODS[0], kernel);
}
