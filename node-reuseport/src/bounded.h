// bounded — calls that others can make wait, ended after some milliseconds.
#ifndef NODE_REUSEPORT_BOUNDED_H
#define NODE_REUSEPORT_BOUNDED_H

#include <sys/socket.h>

// As accept4, never waiting: -1 with errno, EAGAIN when there is none to accept.
int bounded_accept(int fd, struct sockaddr *from, socklen_t *length, int flags);

// As close. What the socket has yet to send is not waited for.
int bounded_close(int fd);

#endif
