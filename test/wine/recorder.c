// Stands in for sc.exe, net.exe and icacls.exe, of which Wine has only parts: writes down the words it was called with, one a line, and an
// empty line, into the file that RECORD names.
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
  const char *name = getenv("RECORD");
  FILE *record = name ? fopen(name, "ab") : NULL;
  if (record == NULL) return 2;
  for (int index = 1; index < count; index += 1) fprintf(record, "%s\n", words[index]);
  fputs("\n", record);
  return fclose(record) == 0 ? 0 : 2;
}
