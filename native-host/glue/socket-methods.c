/* Methods that make, name and end sockets: not on the hot path, except accept and close. */
#include "../core/address.h"
#include "../core/socket-options.h"
#include "../core/sockets.h"
#include "kernel-object.h"

/* Calls `function(kernel, argument)`: most methods take one handle or number. */
static napi_value call_with_number(napi_env env, napi_callback_info info,
                                   int32_t (*function)(struct pollux_kernel*, int32_t)) {
  struct glue_call call;
  int32_t number;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &number)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, function(&call.self->core, number));
}

/* The same for a hot call. */
static napi_value hot_call_with_word(napi_env env, napi_callback_info info,
                                     int32_t (*function)(struct pollux_kernel*, int32_t)) {
  struct glue_hot_arguments* arguments;
  int32_t failure;
  struct glue_kernel* self = glue_hot_call(env, info, &arguments, &failure);
  if (self == NULL) return glue_answer(env, failure);
  return glue_hot_answer(arguments, function(&self->core, arguments->words[0]));
}

static napi_value call_with_two_numbers(napi_env env, napi_callback_info info,
                                        int32_t (*function)(struct pollux_kernel*, int32_t,
                                                            int32_t)) {
  struct glue_call call;
  int32_t first;
  int32_t second;
  if (!glue_call_read(env, info, 2, &call) || !glue_int32(env, call.arguments[0], &first) ||
      !glue_int32(env, call.arguments[1], &second)) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env, function(&call.self->core, first, second));
}

static napi_value method_open(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_open);
}

/* accept(), hot: listener. */
static napi_value method_accept(napi_env env, napi_callback_info info) {
  return hot_call_with_word(env, info, pollux_accept);
}

/* close(), hot: handle. */
static napi_value method_close(napi_env env, napi_callback_info info) {
  return hot_call_with_word(env, info, pollux_close);
}

static napi_value method_dup(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_dup);
}

static napi_value method_adopt(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_adopt);
}

static napi_value method_release(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_release);
}

static napi_value method_stop_queueing(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_stop_queueing);
}

static napi_value method_take_error(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_take_error);
}

static napi_value method_unacknowledged_bytes(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, pollux_unacknowledged_bytes);
}

static int32_t file_type(struct pollux_kernel* kernel, int32_t handle) {
  return pollux_file_type(kernel, handle);
}

static napi_value method_file_type(napi_env env, napi_callback_info info) {
  return call_with_number(env, info, file_type);
}

static napi_value method_listen(napi_env env, napi_callback_info info) {
  return call_with_two_numbers(env, info, pollux_listen);
}

static napi_value method_shutdown(napi_env env, napi_callback_info info) {
  return call_with_two_numbers(env, info, pollux_shutdown);
}

static napi_value method_set_option(napi_env env, napi_callback_info info) {
  struct glue_call call;
  int32_t numbers[3];
  if (!glue_call_read(env, info, 3, &call) || !glue_int32(env, call.arguments[0], &numbers[0]) ||
      !glue_int32(env, call.arguments[1], &numbers[1]) ||
      !glue_int32(env, call.arguments[2], &numbers[2])) {
    return glue_answer(env, call.failure);
  }
  return glue_answer(env,
                     pollux_set_option(&call.self->core, numbers[0], numbers[1], numbers[2]));
}

static napi_value method_get_option(napi_env env, napi_callback_info info) {
  return call_with_two_numbers(env, info, pollux_get_option);
}

/* Reads (family, host, port) from arguments[1..3]. Returns 0 or a negated errno. */
static int32_t read_address(napi_env env, const struct glue_call* call,
                            struct pollux_address* address) {
  int32_t family;
  int32_t port;
  char host[POLLUX_ADDRESS_TEXT_BYTES_MAX * 2];
  size_t host_length_bytes = 0;
  if (!glue_int32(env, call->arguments[1], &family) ||
      !glue_int32(env, call->arguments[3], &port) || port < 0 || port > UINT16_MAX ||
      napi_get_value_string_utf8(env, call->arguments[2], host, sizeof host,
                                 &host_length_bytes) != napi_ok) {
    return -WASI_INVAL;
  }
  /* A longer text was cut, and what is left is still too long for any address. */
  return pollux_address_read(family, host, host_length_bytes, (uint16_t)port, address);
}

static napi_value call_with_address(napi_env env, napi_callback_info info,
                                    int32_t (*function)(struct pollux_kernel*, int32_t,
                                                        const struct pollux_address*)) {
  struct glue_call call;
  int32_t handle;
  if (!glue_call_read(env, info, 4, &call) || !glue_int32(env, call.arguments[0], &handle)) {
    return glue_answer(env, call.failure);
  }
  struct pollux_address address;
  const int32_t read = read_address(env, &call, &address);
  return glue_answer(env, read < 0 ? read : function(&call.self->core, handle, &address));
}

static napi_value method_bind(napi_env env, napi_callback_info info) {
  return call_with_address(env, info, pollux_bind);
}

static napi_value method_connect(napi_env env, napi_callback_info info) {
  return call_with_address(env, info, pollux_connect);
}

/* Makes [family, host, port]. NULL, with an exception pending, when Node is out of memory. */
static napi_value address_array(napi_env env, const struct pollux_address_text* text) {
  napi_value array = NULL;
  napi_value family;
  napi_value host;
  napi_value port;
  if (napi_create_array_with_length(env, 3, &array) != napi_ok ||
      napi_create_int32(env, (int32_t)text->family, &family) != napi_ok ||
      napi_create_string_utf8(env, text->host, text->host_length_bytes, &host) != napi_ok ||
      napi_create_int32(env, text->port, &port) != napi_ok ||
      napi_set_element(env, array, 0, family) != napi_ok ||
      napi_set_element(env, array, 1, host) != napi_ok ||
      napi_set_element(env, array, 2, port) != napi_ok) {
    return NULL;
  }
  return array;
}

static napi_value call_for_address(napi_env env, napi_callback_info info,
                                   int32_t (*function)(struct pollux_kernel*, int32_t,
                                                       struct pollux_address_text*)) {
  struct glue_call call;
  int32_t handle;
  if (!glue_call_read(env, info, 1, &call) || !glue_int32(env, call.arguments[0], &handle)) {
    return glue_answer(env, call.failure);
  }
  struct pollux_address_text text;
  const int32_t found = function(&call.self->core, handle, &text);
  return found < 0 ? glue_answer(env, found) : address_array(env, &text);
}

static napi_value method_local_address(napi_env env, napi_callback_info info) {
  return call_for_address(env, info, pollux_local_address);
}

static napi_value method_peer_address(napi_env env, napi_callback_info info) {
  return call_for_address(env, info, pollux_peer_address);
}

bool glue_define_socket_methods(napi_env env, napi_value object, struct glue_kernel* kernel) {
  static const struct glue_function METHODS[] = {
      {"open", method_open},
      {"bind", method_bind},
      {"listen", method_listen},
      {"connect", method_connect},
      {"accept", method_accept},
      {"shutdown", method_shutdown},
      {"close", method_close},
      {"dup", method_dup},
      {"adopt", method_adopt},
      {"release", method_release},
      {"stopQueueing", method_stop_queueing},
      {"takeError", method_take_error},
      {"setOption", method_set_option},
      {"getOption", method_get_option},
      {"unacknowledgedBytes", method_unacknowledged_bytes},
      {"localAddress", method_local_address},
      {"peerAddress", method_peer_address},
      {"fileType", method_file_type},
  };
  return glue_define(env, object, METHODS, sizeof METHODS / sizeof METHODS[0], kernel);
}
