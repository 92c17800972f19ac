// targets — what of the addon is fuzzed; each is told the exports and an input.
#ifndef NODE_REUSEPORT_TARGETS_H
#define NODE_REUSEPORT_TARGETS_H

#include <node_api.h>

#include "input.h"

void datagrams_run(napi_value exports, input_t *input);
void messages_run(napi_value exports, input_t *input);
void streams_run(napi_value exports, input_t *input);
void shared_memory_run(napi_value exports, input_t *input);
void addresses_run(napi_value exports, input_t *input);
void calls_run(napi_value exports, input_t *input);

#endif
