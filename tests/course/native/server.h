/*
 * What the servers of this folder share: a command line, a listener, and a ring for each connection.
 * How a server waits for many descriptors at once is what they differ in, and is not here.
 */
#ifndef COURSE_SERVER_H
#define COURSE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Accepts a turn, so that a flood of connections does not starve those that are open. */
#define SERVER_ACCEPTS_MAX 64

/* When accepts find no descriptor or memory, and no connection is open whose end gives one back. */
#define SERVER_RETRY_MS 100

/*
 * Reads the command line, [--ring-bytes N], and listens on a free port of 127.0.0.1, which a line on
 * stderr names. Returns the non-blocking listener, descriptor 3. Ends the process when it can not: code 2 for a
 * wrong command line, 1 for an error of the system's, a line on stderr for both.
 */
int server_listen(int count, char** arguments);

/*
 * Takes a connection off the listener, non-blocking. What went wrong with one connection is passed
 * over. Returns its descriptor; -EAGAIN when none waits; -EMFILE when a descriptor or memory has run
 * out, whichever: the connection waits on. Ends the process on any other error.
 */
int server_accept(int listener);

/* Ends the process, code 1, with a line on stderr: what failed, and errno. */
_Noreturn void server_die(const char* what);

/*
 * Bytes received and not yet sent. The block is there only while there are any.
 *
 *        read_index                  (read_index + held_bytes) % size
 *            v                  v
 *   +--------+------------------+--------+
 *   |  free  |       held       |  free  |      0 <= held_bytes <= size, which --ring-bytes sets
 *   +--------+------------------+--------+
 */
struct ring {
  uint8_t* block; /* NULL while nothing is held */
  uint32_t read_index;
  uint32_t held_bytes;
};

bool ring_is_full(const struct ring* ring);

/*
 * Receives once, into the free bytes: there must be some. Returns the count, now held; 0 when the
 * peer has finished sending; a negated errno, -ENOMEM when there is no memory for the block.
 */
ssize_t ring_receive(struct ring* ring, int descriptor);

/* Sends once what is held: there must be some. Returns the count, or a negated errno. */
ssize_t ring_send(struct ring* ring, int descriptor);

/* Turns the letters of the newest length_bytes by 13 places. */
void ring_rot13_newest(struct ring* ring, size_t length_bytes);

/* Whether a line ends in the newest length_bytes. */
bool ring_has_line_end(const struct ring* ring, size_t length_bytes);

/* Drops what is held. */
void ring_release(struct ring* ring);

#endif
