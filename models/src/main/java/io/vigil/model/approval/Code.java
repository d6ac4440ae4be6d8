package io.vigil.model.approval;

import java.util.Locale;

/** Why requests are refused. Names are stable; new ones may come. */
enum Code {
  MALFORMED,
  KIND_NOT_LIVE,
  SHARE_OUT_OF_RANGE,
  EFFECTIVE_AT_OUT_OF_RANGE,
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
  REVIEWER_BROKE_GLASS,
  NO_PLAN,
  PLAN_ALTERED,
  PLAN_UNREADABLE,
  PLAN_OF_ANOTHER_ARTEFACT,
  PLAN_AGAINST_ANOTHER_CHAMPION,
  PLAN_BY_OTHER_GATES,
  PLAN_FAILED;

  private static final int MESSAGE_MAX = 1_000;

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A refusal of at most so many characters, none of which moves a reader's cursor. */
  Refusal because(String format, Object... values) {
    String message = String.format(Locale.ROOT, format, values).replaceAll("\\p{C}", "?");
    return new Refusal(id(), message.substring(0, Math.min(message.length(), MESSAGE_MAX)));
  }
}
