/* Tests of text for a terminal: the filter alone, and a real terminal behind it. */
#include "../../native-host/core/terminal.h"

#include "../../native-host/core/streams.h"
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TEXT_BYTES_MAX 64

/* What becomes of `text` in one piece; and, since that must make no difference, byte by byte. */
static void check_filtered(const char* text, const char* expected) {
  const size_t length_bytes = strlen(expected);
  uint8_t filtered[TEXT_BYTES_MAX];
  CHECK(length_bytes <= sizeof filtered);
  struct pollux_terminal_text at = {0};
  pollux_terminal_filter(&at, (const uint8_t*)text, filtered, length_bytes);
  for (size_t index = 0; index < length_bytes; index += 1) {
    CHECK_EQUAL(filtered[index], (uint8_t)expected[index]);
  }
  at = (struct pollux_terminal_text){0};
  for (size_t index = 0; index < length_bytes; index += 1) {
    const uint8_t byte = (uint8_t)text[index];
    pollux_terminal_filter(&at, &byte, &filtered[0], 1);
    CHECK_EQUAL(filtered[0], (uint8_t)expected[index]);
  }
}

static void text_stays(const char* text) { check_filtered(text, text); }

static void ascii(void) {
  for (int byte = 0; byte < 0x80; byte += 1) {
    const bool is_text = byte == '\t' || byte == '\n' || byte == '\r' || (byte >= 32 && byte < 127);
    const uint8_t from = (uint8_t)byte;
    uint8_t to = 0;
    struct pollux_terminal_text at = {0};
    pollux_terminal_filter(&at, &from, &to, 1);
    CHECK_EQUAL(to, is_text ? byte : '?');
  }
  check_filtered("\x1b]0;title\x07\x1b[2J\x08\x7f.", "?]0;title??[2J??.");
}

static void utf8(void) {
  text_stays("\xc2\xa0 \xc3\x9b \xdf\xbf");                           /* 80 to 9F inside, too */
  text_stays("\xe0\xa0\x80 \xe2\x82\xac \xed\x9f\xbf \xef\xbf\xbf");
  text_stays("\xf0\x90\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf");
}

static void c1(void) {
  check_filtered("\x9b" "2J \x80\x9f", "?2J ??");
  check_filtered("\xc2\x80 \xc2\x9b" "2J \xc2\x9f", "\xc2? \xc2?2J \xc2?");
  check_filtered("\xe2\x82\xac\x9b", "\xe2\x82\xac?"); /* after a character that is whole */
  check_filtered("\xe2\x9b[\x9b", "\xe2\x9b[?");       /* after one that broke off */
  check_filtered("\xe2\x1b\x9b", "\xe2??");
  check_filtered("\xe2\x82\xc2\x9b", "\xe2\x82\xc2?"); /* a first byte begins anew */
}

static void longer_forms(void) {
  check_filtered("\xc0\x9b \xc1\x9b", "\xc0? \xc1?");
  check_filtered("\xe0\x80\x9b \xe0\x82\x9b", "\xe0?? \xe0??");
  check_filtered("\xf0\x80\x80\x9b \xf0\x80\x82\x9b", "\xf0??? \xf0???");
  check_filtered("\xed\xa0\x80", "\xed\xa0?"); /* a surrogate */
  check_filtered("\xf4\x90\x80\x80 \xf5\x80\x80\x80 \xff\x9b", "\xf4??? \xf5??? \xff?");
}

static void other_bytes(void) { text_stays("\xa0\xff\xfe\xbf\xc2 \xe2 \xf0\xc3"); }

/* A real terminal, whose line discipline leaves every byte as it is. */
struct terminal {
  int master; /* what the user sees and types */
  int slave;
};

static struct terminal open_terminal(void) {
  struct terminal terminal;
  terminal.master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(terminal.master >= 0 && grantpt(terminal.master) == 0 && unlockpt(terminal.master) == 0);
  terminal.slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY);
  CHECK(terminal.slave >= 0);
  struct termios settings;
  CHECK_EQUAL(tcgetattr(terminal.slave, &settings), 0);
  cfmakeraw(&settings);
  CHECK_EQUAL(tcsetattr(terminal.slave, TCSANOW, &settings), 0);
  return terminal;
}

static struct pollux_kernel* kernel_on(int terminal) {
  return make_kernel_with((struct pollux_kernel_options){
      .wake_descriptor = -1, .stdio = {terminal, terminal, terminal}});
}

static int32_t put(struct pollux_kernel* kernel, int32_t handle, const char* text) {
  const size_t length_bytes = strlen(text);
  memcpy(memory_of(kernel), text, length_bytes);
  return pollux_write(kernel, handle, 0, length_bytes);
}

static void check_seen(int descriptor, const char* expected) {
  char seen[TEXT_BYTES_MAX + 1] = {0};
  size_t seen_bytes = 0;
  while (seen_bytes < strlen(expected)) {
    const ssize_t count = read(descriptor, seen + seen_bytes, TEXT_BYTES_MAX - seen_bytes);
    CHECK(count > 0);
    seen_bytes += (size_t)count;
  }
  CHECK_EQUAL(strcmp(seen, expected), 0);
}

static void a_guest_does_not_drive_a_terminal(void) {
  const struct terminal terminal = open_terminal();
  struct pollux_kernel* kernel = kernel_on(terminal.slave);
  const int32_t output = SUCCESS(pollux_open_stdio(kernel, 1));
  CHECK_EQUAL(put(kernel, output, "\x1b[6n\r\n\tgr\xc3\xbc\xc3\x9f\x07"), 14);
  check_seen(terminal.master, "?[6n\r\n\tgr\xc3\xbc\xc3\x9f?");
  struct pollfd answered = {.fd = terminal.slave, .events = POLLIN};
  CHECK_EQUAL(poll(&answered, 1, 0), 0);
  const int32_t second = SUCCESS(pollux_dup(kernel, output));
  CHECK_EQUAL(put(kernel, second, "\x1b"), 1);
  check_seen(terminal.master, "?");
}

static void a_character_may_come_in_two_writes(void) {
  const struct terminal terminal = open_terminal();
  struct pollux_kernel* kernel = kernel_on(terminal.slave);
  const int32_t output = SUCCESS(pollux_open_stdio(kernel, 1));
  CHECK_EQUAL(put(kernel, output, "\xe2\x82"), 2);
  CHECK_EQUAL(put(kernel, output, "\xac\xc2"), 2);
  CHECK_EQUAL(put(kernel, output, ""), 0);
  CHECK_EQUAL(put(kernel, output, "\x9b\x9b"), 2);
  check_seen(terminal.master, "\xe2\x82\xac\xc2??");
}

static void two_streams_of_one_terminal_make_no_control(void) {
  const struct terminal terminal = open_terminal();
  struct pollux_kernel* kernel = kernel_on(terminal.slave);
  const int32_t output = SUCCESS(pollux_open_stdio(kernel, 1));
  const int32_t errors = SUCCESS(pollux_open_stdio(kernel, 2));
  CHECK_EQUAL(put(kernel, output, "\xc2"), 1);
  CHECK_EQUAL(put(kernel, errors, "\x9b\xe2"), 2);
  CHECK_EQUAL(put(kernel, output, "\x9b"), 1);
  CHECK_EQUAL(pollux_close(kernel, output), 0);
  const int32_t again = SUCCESS(pollux_open_stdio(kernel, 1));
  CHECK_EQUAL(put(kernel, errors, "\xe2"), 1);
  CHECK_EQUAL(put(kernel, again, "\x9b"), 1);
  check_seen(terminal.master, "\xc2?\xe2?\xe2?");
}

/* Nobody reads, so the terminal takes a part of the last write: what was left out is written again,
   and the characters around the cut arrive whole. */
static void a_write_that_is_cut_short_loses_no_character(void) {
  const struct terminal terminal = open_terminal();
  struct pollux_kernel* kernel = kernel_on(terminal.slave);
  CHECK_EQUAL(fcntl(terminal.master, F_SETFL, O_NONBLOCK), 0);
  const int32_t output = SUCCESS(pollux_open_stdio(kernel, 1));
  static const uint8_t EURO[] = {0xe2, 0x82, 0xac};
  for (uint32_t at = 0; at < MEMORY_BYTES; at += 1) memory_of(kernel)[at] = EURO[at % 3];
  uint32_t written_bytes = 0;
  uint32_t seen_bytes = 0;
  bool was_cut = false;
  while (seen_bytes < MEMORY_BYTES) {
    const uint32_t left_bytes = MEMORY_BYTES - written_bytes;
    const int32_t count = pollux_write(kernel, output, written_bytes, left_bytes);
    CHECK(count >= 0 || count == -WASI_AGAIN);
    if (count > 0) {
      was_cut = was_cut || (count < POLLUX_STREAM_WRITE_BYTES_MAX && (uint32_t)count < left_bytes);
      written_bytes += (uint32_t)count;
      if (written_bytes < MEMORY_BYTES) continue;
    }
    uint8_t seen[TEXT_BYTES_MAX];
    for (ssize_t got; (got = read(terminal.master, seen, sizeof seen)) > 0;) {
      for (ssize_t at = 0; at < got; at += 1, seen_bytes += 1) {
        CHECK_EQUAL(seen[at], EURO[seen_bytes % 3]);
      }
    }
  }
  CHECK(was_cut);
}

static void pipes_and_files_get_every_byte(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  char path[] = "/tmp/pollux-test-XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0);
  unlink(path);
  struct pollux_kernel* kernel = make_kernel_with((struct pollux_kernel_options){
      .wake_descriptor = -1, .stdio = {ends[0], ends[1], file}});
  CHECK_EQUAL(put(kernel, SUCCESS(pollux_open_stdio(kernel, 1)), "\x1b[2J\x9b\x7f"), 6);
  CHECK_EQUAL(put(kernel, SUCCESS(pollux_open_stdio(kernel, 2)), "\x1b[2J\x9b\x7f"), 6);
  lseek(file, 0, SEEK_SET);
  check_seen(ends[0], "\x1b[2J\x9b\x7f");
  check_seen(file, "\x1b[2J\x9b\x7f");
}

static const struct test TESTS[] = {
    {"of ASCII, tab, newline, carriage return and what can be seen stay as they are", ascii},
    {"UTF-8 stays as it is", utf8},
    {"80 to 9F are controls, alone and after C2", c1},
    {"80 to 9F in what is no UTF-8 are controls", longer_forms},
    {"other bytes that are no UTF-8 stay as they are", other_bytes},
    {"a terminal gets no control character, and every other byte",
     a_guest_does_not_drive_a_terminal},
    {"a character may come in two writes, a control may not", a_character_may_come_in_two_writes},
    {"two streams that are one terminal can't make a control together",
     two_streams_of_one_terminal_make_no_control},
    {"a write that a full terminal cuts short loses no character",
     a_write_that_is_cut_short_loses_no_character},
    {"pipes and files get every byte", pipes_and_files_get_every_byte},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
