/*
 * The small change of every glue function: arguments in, one number out. Nothing here allocates or
 * throws; an argument of the wrong type reads as "no value" and the call answers -WASI_INVAL.
 */
#ifndef POLLUX_GLUE_CALL_H
#define POLLUX_GLUE_CALL_H

#define NAPI_VERSION 8
#include <node_api.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number of 32 bits. False for any other: NaN must not become descriptor 0. */
static inline bool glue_int32_of(double number, int32_t* result) {
  if (!(number >= INT32_MIN && number <= INT32_MAX)) return false;
  *result = (int32_t)number;
  return (double)*result == number;
}

/* A pointer or length: 0 to 2^32 - 1, or the same bits as a negative 32-bit number, which is how
   WebAssembly hands out the upper half. Any other number reads as the highest, which no memory
   has; false for NaN, which is what JavaScript makes of what is no number. */
static inline bool glue_uint32_of(double number, uint64_t* result) {
  *result = UINT64_MAX;
  if (!(number >= INT32_MIN && number <= UINT32_MAX)) return number == number;
  const int64_t whole = (int64_t)number;
  if ((double)whole == number) *result = (uint32_t)whole;
  return true;
}

static inline bool glue_int32(napi_env env, napi_value value, int32_t* result) {
  double number;
  return napi_get_value_double(env, value, &number) == napi_ok && glue_int32_of(number, result);
}

static inline bool glue_uint32(napi_env env, napi_value value, uint64_t* result) {
  double number;
  return napi_get_value_double(env, value, &number) == napi_ok && glue_uint32_of(number, result);
}

/* Gives a call's answer to JavaScript. */
static inline napi_value glue_answer(napi_env env, int32_t answer) {
  napi_value result = NULL;
  napi_create_int32(env, answer, &result);
  return result;
}

/* Defines functions `names[i]` = `functions[i].callback` on `target`, each with `data`. */
struct glue_function {
  const char* name;
  napi_callback callback;
};

bool glue_define(napi_env env, napi_value target, const struct glue_function* functions,
                 size_t functions_count, void* data);

#endif
