#include "replay/inputs.h"

#include "common/message.h"

#include <string.h>

bool inputs_add(struct inputs *inputs, const char *argument)
{
    const char *file = argument;
    int port = parse_port(argument, &file);
    const char *equals = strchr(argument, '=');
    char names[PORT_NAMES_ROOM];
    if (port < 0 && equals && !memchr(argument, '/', (size_t)(equals - argument)))
        return complain("no port `%.*s`, there are %s", (int)(equals - argument), argument,
                        parse_port_names(names, "and"));
    if (*file == '\0')
        return complain("`%s` names no capture", argument);
    if (inputs->count == MAX_INPUTS)
        return complain("more than %u captures", MAX_INPUTS);
    inputs->files[inputs->count++] = (struct input){file, port < 0 ? PORT_BY_SOURCE : port};
    return true;
}

bool inputs_add_sources(struct inputs *inputs, const char *value)
{
    const char *text;
    char names[PORT_NAMES_ROOM];
    int port = parse_port(value, &text);
    if (port < 0)
        return complain("`--from %s` does not begin with a port and `=`; there are %s", value,
                        parse_port_names(names, "and"));
    for (;;) {
        size_t length = strcspn(text, ",");
        if (inputs->source_count == MAX_PREFIXES)
            return complain("more than %u prefixes", MAX_PREFIXES);
        struct source *source = &inputs->sources[inputs->source_count++];
        source->port = (unsigned)port;
        if (!parse_prefix(text, length, &source->prefix))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

/* How many ports have no prefixes; one of them is `rest`. */
static unsigned find_rest(struct inputs *inputs)
{
    bool known[NF_PORTS] = {false};
    unsigned without = 0;
    for (unsigned i = 0; i < inputs->source_count; i++)
        known[inputs->sources[i].port] = true;
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (!known[port]) {
            inputs->rest = port;
            without++;
        }
    return without;
}

bool inputs_complete(struct inputs *inputs)
{
    bool by_source = false;
    for (unsigned i = 0; i < inputs->count; i++)
        by_source |= inputs->files[i].port == PORT_BY_SOURCE;
    unsigned without = find_rest(inputs);
    if (by_source && inputs->source_count == 0)
        return complain("which port a capture is from: write `%s=FILE`, or use `--from`", nf_config.ports[0].name);
    if (inputs->source_count && without != 1)
        return complain("`--from` is for all ports but one: what it doesn't match came in there");
    return true;
}

static bool in_prefix(const struct prefix *prefix, const uint8_t *address)
{
    size_t bytes = prefix->bits / 8;
    unsigned rest = prefix->bits % 8;
    if (memcmp(prefix->address, address, bytes) != 0)
        return false;
    return rest == 0 || (prefix->address[bytes] ^ address[bytes]) >> (8 - rest) == 0;
}

unsigned inputs_port(const struct inputs *inputs, unsigned version, const uint8_t *address)
{
    for (unsigned i = 0; i < inputs->source_count; i++) {
        const struct source *source = &inputs->sources[i];
        if (source->prefix.version == version && in_prefix(&source->prefix, address))
            return source->port;
    }
    return inputs->rest;
}
