// look-up — asks the C library for the addresses of each name it reads, a line each; answers with a line of JSON.
//
// Built with glibc and with musl: what differs is the library.
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int is_absent(int error) {
#ifdef EAI_NODATA
  if (error == EAI_NODATA) return 1;
#endif
  return error == EAI_NONAME;
}

static void answer(const char *name, int family) {
  struct addrinfo wanted = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *found = NULL;
  int error = getaddrinfo(name, NULL, &wanted, &found);
  if (error != 0) {
    printf("{\"error\":\"%s\"}\n", is_absent(error) ? "none" : gai_strerror(error));
    return;
  }
  const char *before = "[";
  for (const struct addrinfo *one = found; one != NULL; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN];
    if (one->ai_family != AF_INET) continue;
    inet_ntop(AF_INET, &((struct sockaddr_in *)one->ai_addr)->sin_addr, text, sizeof text);
    printf("%s\"%s\"", before, text);
    before = ",";
  }
  printf("%s]\n", *before == '[' ? "[" : "");
  freeaddrinfo(found);
}

int main(int count, char **words) {
  char line[1024];
  int family = count > 1 && strcmp(words[1], "both") == 0 ? AF_UNSPEC : AF_INET;
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    answer(line, family);
    fflush(stdout);
  }
  return 0;
}
