#include "common/parse.h"

#include "common/message.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Decimal digits only: strtoul would take signs and spaces. False past `high`. */
static bool digits(const char *text, size_t high, size_t *value)
{
    size_t total = 0;
    if (*text == '\0')
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        total = total * 10 + (size_t)(*text - '0');
        if (total > high)
            return false;
    }
    *value = total;
    return true;
}

bool parse_number(const char *text, const char *what, size_t low, size_t high, size_t *value)
{
    if (!digits(text, high, value) || *value < low)
        return complain("%s is a number from %zu to %zu, not `%s`", what, low, high, text);
    return true;
}

static int nibble(char digit)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    const char *at = digit ? strchr(lower, digit) : NULL;
    if (at)
        return (int)(at - lower);
    at = digit ? strchr(upper, digit) : NULL;
    return at ? (int)(at - upper) : -1;
}

bool parse_key(const char *text, uint8_t *key, size_t bytes)
{
    size_t count = 0;
    memset(key, 0, bytes);
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    for (; *text; text++) {
        if (*text == ':')
            continue;
        int value = nibble(*text);
        if (value < 0)
            return complain("`%c` is not a hexadecimal digit", *text);
        if (count == 2 * bytes)
            return complain("the key is longer than %zu bytes", bytes);
        key[count / 2] = (uint8_t)(key[count / 2] | value << (count % 2 ? 0 : 4));
        count++;
    }
    if (count == 0 || count % 2)
        return complain("a key is one or more whole bytes, not %zu digits", count);
    return true;
}

bool parse_prefix(const char *text, size_t length, struct prefix *prefix)
{
    char copy[64];
    if (length >= sizeof copy)
        return complain("`%s` does not begin with a prefix", text);
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    *prefix = (struct prefix){.version = 4};
    if (inet_pton(AF_INET, copy, prefix->address) != 1) {
        prefix->version = 6;
        if (inet_pton(AF_INET6, copy, prefix->address) != 1)
            return complain("`%.*s` is not an address or prefix", (int)length, text);
    }
    size_t bits = prefix->version == 4 ? 32 : 128;
    if (slash && !digits(slash + 1, bits, &bits))
        return complain("a prefix length is a number from 0 to %zu, not `%s`", bits, slash + 1);
    prefix->bits = (unsigned)bits;
    return true;
}

int parse_port(const char *text, const char **rest)
{
    for (int port = 0; port < NF_PORTS; port++) {
        const char *name = nf_config.ports[port].name;
        size_t length = strlen(name);
        if (strncmp(text, name, length) == 0 && text[length] == '=') {
            *rest = text + length + 1;
            return port;
        }
    }
    return -1;
}

bool parse_port_key(const char *text, struct keys *keys)
{
    char names[PORT_NAMES_ROOM];
    const char *hex;
    int port = parse_port(text, &hex);
    if (port < 0)
        return complain("`%s` does not begin with a port and `=`; there are %s", text, parse_port_names(names, "and"));
    return parse_key(hex, keys->of[port], nf_config.ports[port].key_bytes);
}

void parse_default_keys(struct keys *keys)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        memcpy(keys->of[port], nf_config.ports[port].key, nf_config.ports[port].key_bytes);
}

const char *parse_port_names(char text[PORT_NAMES_ROOM], const char *last)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned port = 0; port < NF_PORTS && used < PORT_NAMES_ROOM; port++) {
        bool ends = port + 1 == NF_PORTS;
        const char *before = port == 0 ? "" : ends ? " " : ", ";
        int bytes = snprintf(text + used, PORT_NAMES_ROOM - used, "%s%s%s%s", before, port && ends ? last : "",
                             port && ends ? " " : "", nf_config.ports[port].name);
        used += bytes > 0 ? (size_t)bytes : 0;
    }
    return text;
}
