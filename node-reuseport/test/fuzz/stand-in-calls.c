// stand-in-calls — the calls of Node-API that the addon makes. One that is missing here is missed
// by the linker.
#include <string.h>
#include <uv.h>

#include "stand-in-values.h"
#include "stand-in.h"

static napi_status throw_one(void) {
  stand_in_thrown = true;
  return napi_ok;
}

napi_status napi_throw(napi_env e, napi_value error) { return (void)e, (void)error, throw_one(); }
napi_status napi_throw_error(napi_env e, const char *code, const char *message) {
  return (void)e, (void)code, (void)message, throw_one();
}
napi_status napi_throw_type_error(napi_env e, const char *code, const char *message) {
  return (void)e, (void)code, (void)message, throw_one();
}
napi_status napi_is_exception_pending(napi_env e, bool *result) {
  return (void)e, *result = stand_in_thrown, napi_ok;
}

napi_status napi_get_last_error_info(napi_env e, const napi_extended_error_info **result) {
  static const napi_extended_error_info info = {.error_message = "it failed"};
  return (void)e, *result = &info, napi_ok;
}

napi_status napi_get_cb_info(napi_env e, napi_callback_info info, size_t *count, napi_value *values,
                             napi_value *self, void **data) {
  (void)e;
  for (size_t i = 0; i < *count; i++) {
    values[i] = i < info->count ? info->arguments[i] : stand_in_undefined();
  }
  *count = info->count;
  if (self) *self = info->self ? info->self : stand_in_undefined();
  if (data) *data = info->data;
  return napi_ok;
}

napi_status napi_get_new_target(napi_env e, napi_callback_info info, napi_value *result) {
  return (void)e, *result = info->class, napi_ok;
}

napi_status napi_typeof(napi_env e, napi_value value, napi_valuetype *result) {
  static const napi_valuetype types[] = {
      [UNDEFINED] = napi_undefined, [NUMBER] = napi_number, [BOOLEAN] = napi_boolean,
      [TEXT] = napi_string,         [OBJECT] = napi_object, [THROWING] = napi_object,
      [BUFFER] = napi_object,       [ARRAY] = napi_object,  [FUNCTION] = napi_function};
  return (void)e, *result = types[value->kind], napi_ok;
}

napi_status napi_get_value_double(napi_env e, napi_value value, double *result) {
  (void)e;
  if (value->kind != NUMBER) return napi_number_expected;
  return *result = value->number, napi_ok;
}

napi_status napi_get_value_bool(napi_env e, napi_value value, bool *result) {
  (void)e;
  if (value->kind != BOOLEAN) return napi_boolean_expected;
  return *result = value->number != 0, napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env e, napi_value value, char *text, size_t size,
                                       size_t *result) {
  (void)e;
  if (value->kind != TEXT) return napi_string_expected;
  if (!text) return *result = value->length, napi_ok;
  size_t length = value->length < size ? value->length : size - 1;
  memcpy(text, value->bytes, length);
  text[length] = 0;
  if (result) *result = length;
  return napi_ok;
}

napi_status napi_get_typedarray_info(napi_env e, napi_value value, napi_typedarray_type *type,
                                     size_t *length, void **data, napi_value *buffer,
                                     size_t *offset) {
  (void)e, (void)buffer, (void)offset;
  if (value->kind != ARRAY) return napi_invalid_arg;
  if (type) *type = value->type;
  if (length) *length = value->elements;
  if (data) *data = value->elements ? value->bytes : NULL;
  return napi_ok;
}

napi_status napi_get_named_property(napi_env e, napi_value object, const char *name,
                                    napi_value *result) {
  (void)e;
  if (object->kind == THROWING) return stand_in_thrown = true, napi_pending_exception;
  return *result = stand_in_get(object, name), napi_ok;
}

napi_status napi_set_named_property(napi_env e, napi_value object, const char *name,
                                    napi_value value) {
  return (void)e, stand_in_set(object, name, value), napi_ok;
}

napi_status napi_create_int32(napi_env e, int32_t number, napi_value *result) {
  return (void)e, *result = stand_in_number(number), napi_ok;
}
napi_status napi_create_double(napi_env e, double number, napi_value *result) {
  return (void)e, *result = stand_in_number(number), napi_ok;
}
napi_status napi_get_boolean(napi_env e, bool truth, napi_value *result) {
  return (void)e, *result = stand_in_boolean(truth), napi_ok;
}
napi_status napi_create_object(napi_env e, napi_value *result) {
  return (void)e, *result = stand_in_object(), napi_ok;
}
napi_status napi_create_string_utf8(napi_env e, const char *text, size_t length,
                                    napi_value *result) {
  (void)e;
  size_t known = length == NAPI_AUTO_LENGTH ? strlen(text) : length;
  return *result = stand_in_text((const uint8_t *)text, known), napi_ok;
}
napi_status napi_create_error(napi_env e, napi_value code, napi_value message, napi_value *result) {
  return (void)e, (void)code, (void)message, *result = stand_in_object(), napi_ok;
}

napi_status napi_create_function(napi_env e, const char *name, size_t length,
                                 napi_callback callback, void *data, napi_value *result) {
  (void)e, (void)name, (void)length;
  *result = stand_in_make(FUNCTION);
  (*result)->callback = callback;
  (*result)->data = data;
  return napi_ok;
}

napi_status napi_define_class(napi_env e, const char *name, size_t length,
                              napi_callback constructor, void *data, size_t count,
                              const napi_property_descriptor *properties, napi_value *result) {
  napi_create_function(e, name, length, constructor, data, result);
  for (size_t i = 0; i < count; i++) {
    napi_value method;
    napi_create_function(e, properties[i].utf8name, 0, properties[i].method, properties[i].data,
                         &method);
    stand_in_set(*result, properties[i].utf8name, method);
  }
  return napi_ok;
}

static void finalize_by(napi_value value, napi_finalize call, void *data, void *hint) {
  finalizer_t *last = calloc(1, sizeof *last);
  *last = (finalizer_t){call, data, hint, value->finalizers};
  value->finalizers = last;
}

napi_status napi_wrap(napi_env e, napi_value object, void *data, napi_finalize call, void *hint,
                      napi_ref *result) {
  (void)e, (void)result;
  if (object->kind != OBJECT || object->wrapped) return napi_invalid_arg;
  object->wrapped = data;
  return finalize_by(object, call, data, hint), napi_ok;
}

napi_status napi_unwrap(napi_env e, napi_value object, void **result) {
  (void)e;
  if (!object->wrapped) return napi_invalid_arg;
  return *result = object->wrapped, napi_ok;
}

napi_status napi_add_finalizer(napi_env e, napi_value value, void *data, napi_finalize call,
                               void *hint, napi_ref *result) {
  return (void)e, (void)result, finalize_by(value, call, data, hint), napi_ok;
}

napi_status napi_create_external_arraybuffer(napi_env e, void *data, size_t size,
                                             napi_finalize call, void *hint, napi_value *result) {
  (void)e;
  *result = stand_in_make(BUFFER);
  (*result)->bytes = data;
  (*result)->length = size;
  return finalize_by(*result, call, data, hint), napi_ok;
}

napi_status napi_create_typedarray(napi_env e, napi_typedarray_type type, size_t elements,
                                   napi_value buffer, size_t offset, napi_value *result) {
  (void)e;
  MUST(offset + elements * stand_in_width(type) <= buffer->length, "an array lies in its buffer");
  *result = stand_in_make(ARRAY);
  (*result)->type = type;
  (*result)->elements = elements;
  (*result)->bytes = buffer->bytes + offset;
  (*result)->length = elements * stand_in_width(type);
  return napi_ok;
}

// A reference keeps what lives until the end of the input anyway.
napi_status napi_create_reference(napi_env e, napi_value value, uint32_t count, napi_ref *result) {
  return (void)e, (void)count, *result = (napi_ref)value, napi_ok;
}
napi_status napi_delete_reference(napi_env e, napi_ref ref) { return (void)e, (void)ref, napi_ok; }
napi_status napi_get_reference_value(napi_env e, napi_ref ref, napi_value *result) {
  return (void)e, *result = (napi_value)ref, napi_ok;
}

char *uv_err_name_r(int error, char *text, size_t size) {
  return snprintf(text, size, "E%d", -error), text;
}
char *uv_strerror_r(int error, char *text, size_t size) {
  return snprintf(text, size, "error %d", -error), text;
}

// What is made once for a thread ends with the process.
napi_status napi_add_env_cleanup_hook(napi_env e, napi_cleanup_hook hook, void *hint) {
  return (void)e, (void)hook, (void)hint, napi_ok;
}
