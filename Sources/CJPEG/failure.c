#include "failure.h"
#include <jerror.h>
#include <string.h>

_Noreturn void cjpeg_fail(j_common_ptr jpeg, CJPEGStatus status, const char *message) {
  Failure *failure = (Failure *)jpeg->err;
  failure->status = status;
  snprintf(failure->message, CJPEG_MESSAGE_SIZE, "%s", message);
  longjmp(failure->landing, 1);
}

_Noreturn static void fail_with_own_words(j_common_ptr jpeg, CJPEGStatus status) {
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  cjpeg_fail(jpeg, status, text);
}

static CJPEGStatus status_of(int code) {
  switch (code) {
    case JERR_OUT_OF_MEMORY: return CJPEG_NO_MEMORY;
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED: return CJPEG_UNSUPPORTED;
    default: return CJPEG_DAMAGED;
  }
}

_Noreturn void cjpeg_fail_at_end(j_common_ptr jpeg) {
  cjpeg_fail(jpeg, CJPEG_CUT_SHORT, "the end-of-image marker is missing");
}

// Errors after the end of the bytes are caused by that end.
_Noreturn static void fail(j_common_ptr jpeg, CJPEGStatus status) {
  if (((Failure *)jpeg->err)->is_at_end && status == CJPEG_DAMAGED) cjpeg_fail_at_end(jpeg);
  fail_with_own_words(jpeg, status);
}

static void on_error(j_common_ptr jpeg) { fail(jpeg, status_of(jpeg->err->msg_code)); }

// libjpeg goes on after a warning, with grey where pixels are missing. These are the warnings that mean missing pixels;
// others, such as stray bytes before a marker, are common in intact files. The end of the bytes is not yet one of them:
// it may come after the last pixel.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF: ((Failure *)jpeg->err)->is_at_end = 1; break;
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: fail(jpeg, CJPEG_DAMAGED);
    default: break;
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

void cjpeg_prepare(Failure *failure, char *message) {
  message[0] = 0;
  failure->message = message;
  failure->status = CJPEG_DAMAGED;
  failure->is_at_end = 0;
  jpeg_std_error(&failure->manager);
  failure->manager.error_exit = on_error;
  failure->manager.emit_message = on_message;
  failure->manager.output_message = on_output;
}
