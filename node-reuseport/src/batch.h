// batch — methods of an Arena: datagrams received, and replies sent, in batches.
#ifndef NODE_REUSEPORT_BATCH_H
#define NODE_REUSEPORT_BATCH_H

#include "layout.h"

// Makes entry `i` of the vector ready to receive into cell `i`. Its length becomes 0: a reader of
// the memory sees nothing unanswered there.
void batch_prepare_receive(arena_t *arena, int32_t i);

// Receiving and sending are bound to their arena.
napi_value batch_receive(napi_env env, napi_callback_info info);
napi_value batch_send(napi_env env, napi_callback_info info);

napi_value batch_attach(napi_env env, napi_callback_info info);

#endif
