/* Steps that move bytes to and from the guests' memories. See calls.h. */
#include "calls.h"

#include "../../native-host/core/sockets.h"
#include "../../native-host/core/streams.h"

#include <stdlib.h>
#include <unistd.h>

void fuzz_attach_part(struct fuzz_world* world, struct fuzz_kernel* kernel,
                      struct fuzz_input* input) {
  (void)world;
  static const uint32_t LENGTHS_BYTES[] = {FUZZ_MEMORY_BYTES, 4096, 17, 1, 0, FUZZ_MEMORY_BYTES};
  if (kernel->is_alive) fuzz_attach(kernel, LENGTHS_BYTES[fuzz_pick(input, 6)]);
}

/* A number around 0, the end of the memory, or the end of 32 and 64 bits. */
static uint64_t pick_edge(const struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const uint64_t edges[] = {0, kernel->memory_bytes, 4096, UINT32_MAX, INT32_MAX, UINT64_MAX};
  const uint8_t choice = fuzz_byte(input);
  if (choice >= 0xc0) return fuzz_uint32(input);
  return edges[choice % 6] + (uint64_t)(int64_t)((int8_t)fuzz_byte(input) / 16);
}

struct piece {
  uint64_t pointer;
  uint64_t length_bytes;
};

/* Mostly inside the memory. */
static struct piece pick_piece(const struct fuzz_kernel* kernel, struct fuzz_input* input) {
  struct piece piece;
  piece.pointer = pick_edge(kernel, input);
  piece.length_bytes = pick_edge(kernel, input);
  if (kernel->memory_bytes > 0 && (fuzz_byte(input) & 3) != 0) {
    piece.pointer %= kernel->memory_bytes;
    piece.length_bytes %= kernel->memory_bytes - piece.pointer + 1;
  }
  return piece;
}

static bool is_inside(const struct fuzz_kernel* kernel, struct piece piece) {
  return kernel->memory_bytes > 0 && piece.length_bytes <= kernel->memory_bytes &&
         piece.pointer <= kernel->memory_bytes - piece.length_bytes;
}

/* Calls `call` over a piece of memory: outside of the memory it fails, and around the piece nothing
   changes. */
static void check_bytes(struct fuzz_kernel* kernel, int32_t handle, struct piece piece,
                        int32_t (*call)(struct fuzz_kernel*, int32_t, struct piece)) {
  const uint8_t* memory = kernel->block + FUZZ_GUARD_BYTES;
  const bool inside = is_inside(kernel, piece);
  /* The first byte before and after: both lie in the block, be it in a guard. */
  const uint8_t* before = inside ? memory + piece.pointer - 1 : memory;
  const uint8_t* after = inside ? memory + piece.pointer + piece.length_bytes : memory;
  const uint8_t byte_before = *before;
  const uint8_t byte_after = *after;
  const int32_t answer = call(kernel, handle, piece);
  if (fuzz_find(kernel, handle) == NULL) {
    FUZZ_CHECK(answer == -WASI_BADF);
  } else if (!inside) {
    FUZZ_CHECK(answer < 0);
  }
  FUZZ_CHECK(answer < 0 || (uint64_t)answer <= piece.length_bytes);
  FUZZ_CHECK(*before == byte_before && *after == byte_after);
}

static int32_t call_recv(struct fuzz_kernel* kernel, int32_t handle, struct piece piece) {
  return FUZZ_ANSWER(pollux_recv(&kernel->core, handle, piece.pointer, piece.length_bytes, 0));
}

static int32_t call_peek(struct fuzz_kernel* kernel, int32_t handle, struct piece piece) {
  return FUZZ_ANSWER(pollux_recv(&kernel->core, handle, piece.pointer, piece.length_bytes, 1));
}

static int32_t call_send(struct fuzz_kernel* kernel, int32_t handle, struct piece piece) {
  return FUZZ_ANSWER(pollux_send(&kernel->core, handle, piece.pointer, piece.length_bytes));
}

static int32_t call_read(struct fuzz_kernel* kernel, int32_t handle, struct piece piece) {
  return FUZZ_ANSWER(pollux_read(&kernel->core, handle, piece.pointer, piece.length_bytes));
}

static int32_t call_write(struct fuzz_kernel* kernel, int32_t handle, struct piece piece) {
  return FUZZ_ANSWER(pollux_write(&kernel->core, handle, piece.pointer, piece.length_bytes));
}

void fuzz_recv(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const uint8_t flags = fuzz_byte(input);
  if (flags >= 0xf0) {
    const int32_t refused = FUZZ_ANSWER(pollux_recv(&kernel->core, handle, 0, 0, flags));
    FUZZ_CHECK(refused == -WASI_INVAL || refused == -WASI_BADF);
    return;
  }
  check_bytes(kernel, handle, pick_piece(kernel, input), flags & 1 ? call_peek : call_recv);
}

void fuzz_send(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  check_bytes(kernel, handle, pick_piece(kernel, input), call_send);
}

void fuzz_read(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  check_bytes(kernel, handle, pick_piece(kernel, input), call_read);
}

/* Half the time a standard stream that was just opened, which chance would seldom bring here. */
static int32_t pick_stream(struct fuzz_world* world, struct fuzz_kernel* kernel,
                           struct fuzz_input* input) {
  if ((fuzz_byte(input) & 1) == 0) return fuzz_handle(world, kernel, input);
  const int32_t index = (int32_t)fuzz_pick(input, POLLUX_STDIO_COUNT);
  const int32_t handle = FUZZ_ANSWER(pollux_open_stdio(&kernel->core, index));
  fuzz_opened(kernel, handle);
  return handle;
}

/* With some bytes of the input in the memory: a terminal must get no control of them. */
void fuzz_write(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = pick_stream(world, kernel, input);
  const struct piece piece = pick_piece(kernel, input);
  if (is_inside(kernel, piece)) {
    const size_t length_bytes = piece.length_bytes < 16 ? (size_t)piece.length_bytes : 16;
    fuzz_fill(input, kernel->block + FUZZ_GUARD_BYTES + piece.pointer, length_bytes);
  }
  check_bytes(kernel, handle, piece, call_write);
}

void fuzz_random(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  const struct piece piece = pick_piece(kernel, input);
  const int32_t filled =
      FUZZ_ANSWER(pollux_random(&kernel->core, piece.pointer, piece.length_bytes));
  FUZZ_CHECK(filled == (is_inside(kernel, piece) ? 0 : -WASI_FAULT));
}

/* Pairs of the input, in a block that ends where they end. */
static uint32_t* make_pairs(const struct fuzz_kernel* kernel, struct fuzz_input* input,
                            uint32_t pairs_count) {
  uint32_t* pairs = malloc(pairs_count == 0 ? 1 : pairs_count * 2 * sizeof *pairs);
  FUZZ_CHECK(pairs != NULL);
  for (uint32_t index = 0; index < pairs_count; index += 1) {
    const struct piece piece = pick_piece(kernel, input);
    pairs[2 * index] = (uint32_t)piece.pointer;
    pairs[2 * index + 1] = (uint32_t)piece.length_bytes;
  }
  return pairs;
}

static uint32_t pick_pairs_count(struct fuzz_input* input) {
  static const uint32_t COUNTS[] = {0, 1, 2, 3, 5, 8, 1024, 1025};
  return COUNTS[fuzz_pick(input, 8)];
}

void fuzz_recv_vectors(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const uint32_t flags = fuzz_pick(input, 3);
  const uint32_t pairs_count = pick_pairs_count(input);
  uint32_t* pairs = make_pairs(kernel, input, pairs_count);
  const int32_t count =
      FUZZ_ANSWER(pollux_recv_vectors(&kernel->core, handle, pairs, pairs_count, flags));
  FUZZ_CHECK(count < 0 || (pairs_count <= POLLUX_VECTORS_COUNT_MAX && flags <= 1));
  fuzz_expect_badf(kernel, handle, count);
  free(pairs);
}

void fuzz_send_vectors(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const uint32_t pairs_count = pick_pairs_count(input);
  uint32_t* pairs = make_pairs(kernel, input, pairs_count);
  const int32_t count =
      FUZZ_ANSWER(pollux_send_vectors(&kernel->core, handle, pairs, pairs_count));
  FUZZ_CHECK(count < 0 || pairs_count <= POLLUX_VECTORS_COUNT_MAX);
  fuzz_expect_badf(kernel, handle, count);
  free(pairs);
}

/* What a user does at the other end of a standard stream. */
void fuzz_far_end(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)kernel;
  struct fuzz_stdio* stdio = &world->stdio[fuzz_pick(input, POLLUX_STDIO_COUNT)];
  uint8_t bytes[4096] = {0};
  if (stdio->far_end < 0 || stdio->is_terminal) return; /* fuzz_world_check reads terminals */
  ssize_t count = 0;
  switch (fuzz_pick(input, 8)) {
    case 0:
      close(stdio->far_end);
      stdio->far_end = -1;
      break;
    case 1:
    case 2:
      count = read(stdio->far_end, bytes, sizeof bytes);
      break;
    default:
      count = write(stdio->far_end, bytes, 1 + fuzz_byte(input) * 16u);
      break;
  }
  (void)count; /* as much as there is, or nothing */
}
