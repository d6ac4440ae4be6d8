package io.vigil.model.approval;

import java.util.Locale;

/** Why requests are refused. Names are stable; new ones may come. */
enum Code {
  MALFORMED,
  KIND_NOT_LIVE,
  SHARE_OUT_OF_RANGE,
  NOT_FOR_BREAK_GLASS,
  UNSIGNED,
  TOO_MANY_SIGNATURES,
  UNKNOWN_KEY,
  REVOKED_KEY,
  EXPIRED_KEY,
  BAD_SIGNATURE,
  APPROVAL_EXPIRED,
  APPROVAL_TOO_LONG,
  SIGNED_ONCE,
  AUTHOR_IS_APPROVER,
  WRONG_ROLE,
  NO_PLAN,
  PLAN_ALTERED,
  PLAN_UNREADABLE,
  PLAN_OF_ANOTHER_ARTEFACT,
  PLAN_AGAINST_ANOTHER_CHAMPION,
  PLAN_FAILED;

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  Refusal because(String format, Object... values) {
    return new Refusal(id(), String.format(Locale.ROOT, format, values));
  }
}
