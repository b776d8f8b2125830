/*
 * The JavaScript object that stands for one kernel: its methods are functions that carry the
 * kernel's address, so a call looks nothing up. Memory that calls read and write lies in
 * ArrayBuffers that were pinned before, and is reached without asking Node.
 */
#ifndef POLLUX_GLUE_KERNEL_OBJECT_H
#define POLLUX_GLUE_KERNEL_OBJECT_H

#include "../core/kernel.h"
#include "../core/wasi-errno.h"
#include "call.h"

/* What JavaScript lends: see binding.ts for the layout of each. */
enum glue_pin {
  GLUE_PIN_MEMORY = 0,    /* ArrayBuffer: the guest's memory */
  GLUE_PIN_VECTORS = 1,   /* Int32Array: (pointer, length) pairs */
  GLUE_PIN_READY = 2,     /* Int32Array: the pairs of a ReadyList */
  GLUE_PIN_FEW = 3,       /* Int32Array: the words of a FewList */
  GLUE_PIN_ARGUMENTS = 4, /* Float64Array of 4: struct glue_hot_arguments */
  GLUE_PIN_INSTANT = 5,   /* Uint32Array of 2: nanoseconds, low and high word */
  GLUE_PIN_TARGET = 6,    /* Uint8Array of shared memory: where copyOut copies to */
  GLUE_PIN_BATCH = 7,     /* Int32Array: struct pollux_batch, zeroed */
  GLUE_PIN_COUNT = 8,
};

struct glue_memory {
  napi_ref buffer; /* keeps the ArrayBuffer alive; NULL when nothing is pinned */
  void* data;
  size_t length_bytes;
};

struct glue_kernel {
  struct pollux_kernel core;
  struct glue_memory pins[GLUE_PIN_COUNT];
  struct glue_kernel* next; /* of the same environment */
};

struct glue_environment {
  struct glue_kernel* kernels;
};

#define GLUE_ARGUMENTS_MAX 4

struct glue_call {
  struct glue_kernel* self;
  napi_value arguments[GLUE_ARGUMENTS_MAX]; /* what the caller left out is `undefined` */
  int32_t failure; /* what to answer when the arguments can't be used */
};

/* Reads the first `count` arguments of a method. False when the kernel is destroyed. */
static inline bool glue_call_read(napi_env env, napi_callback_info info, size_t count,
                                  struct glue_call* call) {
  void* data = NULL;
  call->failure = -WASI_INVAL;
  if (napi_get_cb_info(env, info, &count, call->arguments, NULL, &data) != napi_ok) return false;
  call->self = data;
  pollux_batch_flush(&call->self->core, call->self->core.batch.shared);
  if (call->self->core.demux != NULL) return true;
  call->failure = -WASI_BADF;
  return false;
}

/* The arguments of a hot call, which JavaScript has written and made whole numbers: each one that
   crosses as a value costs 5 ns, a double that has to be checked as much, and a timeout that is no
   small integer an allocation. Pointers and lengths are the bits of a wasm i32. */
struct glue_hot_arguments {
  int32_t words[4];
  double duration_ns;
  int32_t answer; /* of a call that answers `undefined`: see glue_hot_answer */
};

/* Where JavaScript finds them, as in host/kernel/native/hot-arguments.ts: in doubles, and in words. */
#define GLUE_DURATION_AT 2
#define GLUE_ANSWER_AT 6
_Static_assert(offsetof(struct glue_hot_arguments, duration_ns) == 8 * GLUE_DURATION_AT, "");
_Static_assert(offsetof(struct glue_hot_arguments, answer) == 4 * GLUE_ANSWER_AT, "");

/* Where JavaScript finds the parts of struct pollux_batch, in words: as in
   host/kernel/native/batch.ts. */
#define GLUE_BATCH_UNREAD_COUNT_AT 0
#define GLUE_BATCH_SENDS_COUNT_AT 1
#define GLUE_BATCH_SENDING_BYTES_AT 2
#define GLUE_BATCH_SLOTS_AT 4
#define GLUE_BATCH_SENDS_AT 4100
#define GLUE_BATCH_RECEIVED_AT 5124
#define GLUE_BATCH_SENDING_AT 23556
#define GLUE_BATCH_END_AT 31748
#define GLUE_BATCH_SLOT_UNREAD_AT 0
#define GLUE_BATCH_SLOT_AT_AT 1
#define GLUE_BATCH_SLOT_LENGTH_AT 2
#define GLUE_BATCH_SLOT_ANSWERS_AT 3
#define GLUE_BATCH_SEND_HANDLE_AT 0
#define GLUE_BATCH_SEND_AT_AT 1
#define GLUE_BATCH_SEND_LENGTH_AT 2
#define GLUE_ASSERT_AT(field, at) \
  _Static_assert(offsetof(struct pollux_batch, field) == 4 * (at), "as batch.ts has it")
GLUE_ASSERT_AT(unread_count, GLUE_BATCH_UNREAD_COUNT_AT);
GLUE_ASSERT_AT(sends_count, GLUE_BATCH_SENDS_COUNT_AT);
GLUE_ASSERT_AT(sending_bytes, GLUE_BATCH_SENDING_BYTES_AT);
GLUE_ASSERT_AT(slots, GLUE_BATCH_SLOTS_AT);
GLUE_ASSERT_AT(slots[0].unread, GLUE_BATCH_SLOTS_AT + GLUE_BATCH_SLOT_UNREAD_AT);
GLUE_ASSERT_AT(slots[0].at, GLUE_BATCH_SLOTS_AT + GLUE_BATCH_SLOT_AT_AT);
GLUE_ASSERT_AT(slots[0].length_bytes, GLUE_BATCH_SLOTS_AT + GLUE_BATCH_SLOT_LENGTH_AT);
GLUE_ASSERT_AT(slots[0].answers, GLUE_BATCH_SLOTS_AT + GLUE_BATCH_SLOT_ANSWERS_AT);
GLUE_ASSERT_AT(sends, GLUE_BATCH_SENDS_AT);
GLUE_ASSERT_AT(sends[0].handle, GLUE_BATCH_SENDS_AT + GLUE_BATCH_SEND_HANDLE_AT);
GLUE_ASSERT_AT(sends[0].at, GLUE_BATCH_SENDS_AT + GLUE_BATCH_SEND_AT_AT);
GLUE_ASSERT_AT(sends[0].length_bytes, GLUE_BATCH_SENDS_AT + GLUE_BATCH_SEND_LENGTH_AT);
GLUE_ASSERT_AT(received, GLUE_BATCH_RECEIVED_AT);
GLUE_ASSERT_AT(sending, GLUE_BATCH_SENDING_AT);
_Static_assert(sizeof(struct pollux_batch) == 4 * GLUE_BATCH_END_AT, "as batch.ts has it");

/* Begins a hot call. Returns the kernel and its arguments, or NULL and what to answer. */
static inline struct glue_kernel* glue_hot_call(napi_env env, napi_callback_info info,
                                                struct glue_hot_arguments** arguments,
                                                int32_t* failure) {
  void* data = NULL;
  *failure = -WASI_INVAL;
  if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) != napi_ok) return NULL;
  struct glue_kernel* self = data;
  *arguments = self->pins[GLUE_PIN_ARGUMENTS].data;
  pollux_batch_flush(&self->core, self->core.batch.shared);
  if (self->core.demux == NULL) *failure = -WASI_BADF;
  return self->core.demux == NULL || *arguments == NULL ? NULL : self;
}

/* Ends a hot call that was made: the number is left where the arguments are, and `undefined` is
   answered, which takes two calls of the engine less than a number does. */
static inline napi_value glue_hot_answer(struct glue_hot_arguments* arguments, int32_t answer) {
  arguments->answer = answer;
  return NULL;
}

/* createKernel(wakeDescriptor, stdin, stdout, stderr, forceTimerfd, withoutRing): the object, or a
   negated errno. */
napi_value glue_create_kernel(napi_env env, napi_callback_info info);

/* Each file's methods are defined on the object by one of these. */
bool glue_define_socket_methods(napi_env env, napi_value object, struct glue_kernel* kernel);
bool glue_define_data_methods(napi_env env, napi_value object, struct glue_kernel* kernel);
bool glue_define_wait_methods(napi_env env, napi_value object, struct glue_kernel* kernel);

#endif
