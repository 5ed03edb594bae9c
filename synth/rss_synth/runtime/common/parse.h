/* Numbers, keys and prefixes from the command line. Each says what is wrong and returns false. */
#ifndef RSSC_PARSE_H
#define RSSC_PARSE_H

#include "replay/options.h"

#include <stdbool.h>
#include <stddef.h>

/* A decimal number from `low` to `high`. `what` names it in the message. */
bool parse_number(const char *text, const char *what, size_t low, size_t high, size_t *value);

/* Hexadecimal digits, with or without 0x and colons, of at most `bytes` bytes; short keys are zero-extended. */
bool parse_key(const char *text, uint8_t *key, size_t bytes);

/* `10.0.0.0/8` or `2001:db8::/32`; without a length, one address. `length` characters of text. */
bool parse_prefix(const char *text, size_t length, struct prefix *prefix);

/* `PORT=REST`: the port's number, and REST in `rest`; -1 without a message where it is not of that form. */
int parse_port(const char *text, const char **rest);

#endif
