#include "common/arguments.h"

#include "common/message.h"

#include <string.h>

static const struct known_option *find_option(const struct syntax *syntax, const char *name)
{
    for (size_t i = 0; i < syntax->count; i++)
        if (strcmp(name, syntax->options[i].name) == 0)
            return &syntax->options[i];
    return NULL;
}

/* Takes one argument, or an option and its value; returns how many that were, 0 where they are wrong. */
static int take(const struct syntax *syntax, void *options, int count, char **arguments)
{
    if (arguments[0][0] != '-' || arguments[0][1] == '\0')
        return syntax->add(options, arguments[0]);
    const struct known_option *option = find_option(syntax, arguments[0]);
    if (!option)
        return complain("unknown option `%s` (see --help)", arguments[0]);
    if (option->has_value && count < 2)
        return complain("`%s` needs a value (see --help)", arguments[0]);
    if (!option->set(options, option->has_value ? arguments[1] : NULL))
        return 0;
    return option->has_value ? 2 : 1;
}

enum parsed arguments_parse(const struct syntax *syntax, void *options, int count, char **arguments)
{
    for (int i = 1; i < count;) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return PARSED_HELP;
        int taken = take(syntax, options, count - i, arguments + i);
        if (taken == 0)
            return PARSED_WRONG;
        i += taken;
    }
    return PARSED_RUN;
}
