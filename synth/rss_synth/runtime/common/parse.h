/* Numbers, keys and prefixes from the command line. Each says what is wrong and returns false. */
#ifndef RSSC_PARSE_H
#define RSSC_PARSE_H

#include "nf/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_KEY_BYTES 256U

struct prefix {
    uint8_t address[16];
    uint8_t version; /* 4 or 6 */
    unsigned bits;
};

/* A hash key for every port. */
struct keys {
    uint8_t of[NF_PORTS][MAX_KEY_BYTES];
};

/* A decimal number from `low` to `high`. `what` names it in the message. */
bool parse_number(const char *text, const char *what, size_t low, size_t high, size_t *value);

/* Hexadecimal digits, with or without 0x and colons, of at most `bytes` bytes; short keys are zero-extended. */
bool parse_key(const char *text, uint8_t *key, size_t bytes);

/* `10.0.0.0/8` or `2001:db8::/32`; without a length, one address. `length` characters of text. */
bool parse_prefix(const char *text, size_t length, struct prefix *prefix);

/* `PORT=REST`: the port's number, and REST in `rest`; -1 without a message where it is not of that form. */
int parse_port(const char *text, const char **rest);

/* `PORT=HEX` changes the key of that port. */
bool parse_port_key(const char *text, struct keys *keys);

/* The keys that the spec was solved with. */
void parse_default_keys(struct keys *keys);

enum { PORT_NAMES_ROOM = 512 };

/* The names of all ports, with `last` ("and", "or") before the last of them. Returns `text`. */
const char *parse_port_names(char text[PORT_NAMES_ROOM], const char *last);

#endif
