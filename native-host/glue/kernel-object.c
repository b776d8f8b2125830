/* Makes kernel objects, and pins the memory that JavaScript lends them. See kernel-object.h. */
#include "kernel-object.h"

#include <stdlib.h>

static size_t element_bytes_of(napi_typedarray_type type) {
  if (type == napi_float64_array) return 8;
  return type == napi_uint8_array ? 1 : 4;
}

/* The memory of `value`, if it is of the kind that `pin` takes. What is read must not be shared, since
   others would write it meanwhile; what is only written has to be, since it then can't be detached. */
static bool memory_of(napi_env env, napi_value value, enum glue_pin pin, napi_value* buffer,
                      struct glue_memory* memory) {
  if (pin == GLUE_PIN_MEMORY) {
    bool is_buffer = false;
    if (napi_is_arraybuffer(env, value, &is_buffer) != napi_ok || !is_buffer) return false;
    *buffer = value;
    return napi_get_arraybuffer_info(env, value, &memory->data, &memory->length_bytes) == napi_ok;
  }
  static const napi_typedarray_type TYPES[GLUE_PIN_COUNT] = {
      [GLUE_PIN_VECTORS] = napi_int32_array,   [GLUE_PIN_READY] = napi_int32_array,
      [GLUE_PIN_FEW] = napi_int32_array,       [GLUE_PIN_ARGUMENTS] = napi_float64_array,
      [GLUE_PIN_INSTANT] = napi_uint32_array,  [GLUE_PIN_TARGET] = napi_uint8_array,
      [GLUE_PIN_BATCH] = napi_int32_array,
  };
  bool is_array = false;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return false;
  napi_typedarray_type type;
  size_t elements_count = 0;
  if (napi_get_typedarray_info(env, value, &type, &elements_count, &memory->data, buffer, NULL) !=
      napi_ok) {
    return false;
  }
  bool is_buffer = false; /* false for a SharedArrayBuffer */
  if (napi_is_arraybuffer(env, *buffer, &is_buffer) != napi_ok) return false;
  if (is_buffer == (pin == GLUE_PIN_TARGET)) return false;
  const size_t element_bytes = element_bytes_of(type);
  memory->length_bytes = elements_count * element_bytes;
  if (type != TYPES[pin]) return false;
  if (pin == GLUE_PIN_BATCH) return memory->length_bytes >= sizeof(struct pollux_batch);
  return pin != GLUE_PIN_ARGUMENTS || memory->length_bytes >= sizeof(struct glue_hot_arguments);
}

/* pin(which, view): lends memory until the next pin of the same kind. 0 or -INVAL. */
static napi_value method_pin(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t pin;
  if (!glue_call_read(env, info, 2, &call) || !glue_int32(env, call.arguments[0], &pin) ||
      pin < 0 || pin >= GLUE_PIN_COUNT) {
    return glue_answer(env, call.failure);
  }
  struct glue_memory memory = {0};
  napi_value buffer = NULL;
  if (!memory_of(env, call.arguments[1], (enum glue_pin)pin, &buffer, &memory) ||
      napi_create_reference(env, buffer, 1, &memory.buffer) != napi_ok) {
    return glue_answer(env, -WASI_INVAL);
  }
  /* A detached buffer has a length of 0: pinning it makes every access answer an errno. */
  if (memory.length_bytes == 0) memory.data = NULL;
  struct glue_memory* old = &call.self->pins[pin];
  if (old->buffer != NULL) napi_delete_reference(env, old->buffer);
  *old = memory;
  if (pin == GLUE_PIN_BATCH) call.self->core.batch.shared = memory.data;
  if (pin == GLUE_PIN_MEMORY) {
    call.self->core.memory =
        (struct pollux_memory){.base = memory.data, .length_bytes = memory.length_bytes};
  }
  return glue_answer(env, 0);
}

/* destroy(): closes everything and gives back what was pinned. The struct itself stays until the
   environment ends, since functions that carry its address may be kept. */
static napi_value method_destroy(napi_env env, napi_callback_info info) {
  struct glue_call call;
  if (!glue_call_read(env, info, 0, &call)) return NULL;
  pollux_kernel_destroy(&call.self->core);
  for (int pin = 0; pin < GLUE_PIN_COUNT; pin += 1) {
    struct glue_memory* memory = &call.self->pins[pin];
    if (memory->buffer != NULL) napi_delete_reference(env, memory->buffer);
    *memory = (struct glue_memory){0};
  }
  return NULL;
}

/* Describes the kernel: demux, edge, oneShot, waitsByTimerfd, callsByRing. */
static bool define_properties(napi_env env, napi_value object, const struct pollux_kernel* core) {
  napi_value demux;
  napi_value edge;
  napi_value one_shot;
  napi_value timerfd;
  napi_value ring;
  return napi_create_string_utf8(env, core->demux->name, NAPI_AUTO_LENGTH, &demux) == napi_ok &&
         napi_get_boolean(env, core->demux->has_edge, &edge) == napi_ok &&
         napi_get_boolean(env, core->demux->has_one_shot, &one_shot) == napi_ok &&
         napi_get_boolean(env, core->waits_by_timerfd, &timerfd) == napi_ok &&
         napi_get_boolean(env, core->calls.ring_descriptor >= 0, &ring) == napi_ok &&
         napi_set_named_property(env, object, "demux", demux) == napi_ok &&
         napi_set_named_property(env, object, "edge", edge) == napi_ok &&
         napi_set_named_property(env, object, "oneShot", one_shot) == napi_ok &&
         napi_set_named_property(env, object, "waitsByTimerfd", timerfd) == napi_ok &&
         napi_set_named_property(env, object, "callsByRing", ring) == napi_ok;
}

static bool fill_object(napi_env env, napi_value object, struct glue_kernel* kernel) {
  static const struct glue_function METHODS[] = {
      {"pin", method_pin},
      {"destroy", method_destroy},
  };
  return glue_define(env, object, METHODS, sizeof METHODS / sizeof METHODS[0], kernel) &&
         glue_define_socket_methods(env, object, kernel) &&
         glue_define_data_methods(env, object, kernel) &&
         glue_define_wait_methods(env, object, kernel) &&
         define_properties(env, object, &kernel->core);
}

napi_value glue_create_kernel(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  size_t count = 6;
  struct pollux_kernel_options options = {0};
  void* data = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, &data) != napi_ok ||
      !glue_int32(env, arguments[0], &options.wake_descriptor) ||
      !glue_int32(env, arguments[1], &options.stdio[0]) ||
      !glue_int32(env, arguments[2], &options.stdio[1]) ||
      !glue_int32(env, arguments[3], &options.stdio[2]) ||
      napi_get_value_bool(env, arguments[4], &options.force_timerfd) != napi_ok ||
      napi_get_value_bool(env, arguments[5], &options.without_ring) != napi_ok) {
    return glue_answer(env, -WASI_INVAL);
  }
  struct glue_environment* environment = data;
  struct glue_kernel* kernel = calloc(1, sizeof *kernel);
  if (kernel == NULL) return glue_answer(env, -WASI_NOMEM);
  const int32_t made = pollux_kernel_init(&kernel->core, &options);
  if (made < 0) {
    free(kernel);
    return glue_answer(env, made);
  }
  kernel->next = environment->kernels;
  environment->kernels = kernel;
  napi_value object = NULL;
  if (napi_create_object(env, &object) != napi_ok || !fill_object(env, object, kernel)) {
    pollux_kernel_destroy(&kernel->core); /* an exception is pending: Node is out of memory */
    return NULL;
  }
  return object;
}
