package io.vigil.schema.codec;

import java.io.IOException;

/** Bytes that are no record of the expected contract. The message holds none of the bytes. */
public final class DecodeException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. {@link #code} is the reason code that dead letters carry and never changes. */
  public enum Reason {
    /** The marker C3 01 of single-object encoding is missing. */
    NOT_AVRO("not_avro"),
    /** The fingerprint names no version of the expected contract. */
    UNKNOWN_SCHEMA("unknown_schema"),
    /** The bytes end before the record does. */
    TRUNCATED("truncated"),
    /** A value that its type does not allow. */
    MALFORMED("malformed"),
    /** The record ends before the bytes do. */
    TRAILING_BYTES("trailing_bytes");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** The stable code, lower case with underscores. */
    public String code() {
      return code;
    }
  }

  private final Reason reason;

  DecodeException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  DecodeException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What was wrong. */
  public Reason reason() {
    return reason;
  }
}
