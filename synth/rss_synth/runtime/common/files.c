#include "common/files.h"

#include "common/message.h"
#include "nf/config.h"
#include "nf/nf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

bool files_path(char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, FILES_MAX_PATH, format, arguments);
    va_end(arguments);
    return (length >= 0 && length < FILES_MAX_PATH) || complain("a path is longer than %d bytes", FILES_MAX_PATH);
}

bool files_make_directory(const char *directory)
{
    if (mkdir(directory, 0777) == 0 || errno == EEXIST)
        return true;
    return complain("cannot make %s: %s", directory, strerror(errno));
}

FILE *files_open_verdicts(const char *directory, unsigned core)
{
    char path[FILES_MAX_PATH];
    if (!files_path(path, "%s/core-%u.txt", directory, core))
        return NULL;
    FILE *file = fopen(path, "w");
    if (!file)
        complain("cannot write %s: %s", path, strerror(errno));
    return file;
}

void files_print_verdict(FILE *file, unsigned port, unsigned long long number, int verdict)
{
    fprintf(file, "%s %llu ", nf_config.ports[port].name, number);
    if (verdict == NF_DROP)
        fputs("drop", file);
    else if (verdict == NF_FLOOD)
        fputs("flood", file);
    else
        fprintf(file, "forward %s", nf_config.ports[verdict].name);
}

bool files_close(FILE *file, const char *what)
{
    bool failed = ferror(file) != 0;
    failed |= (file == stdout ? fflush(file) : fclose(file)) != 0;
    return !failed || complain("cannot write %s", what);
}
