package io.vigil.console;

/** Something that was asked for and is not done, with why; nothing has changed. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of no it is; the HTTP status is part of it. */
  public enum Kind {
    BAD_REQUEST(400),
    FORBIDDEN(403),
    NOT_FOUND(404),
    CONFLICT(409),
    TOO_LARGE(413),
    UNAVAILABLE(503);

    private final int status;

    Kind(int status) {
      this.status = status;
    }

    /** As HTTP has it. */
    public int status() {
      return status;
    }
  }

  private final Kind kind;
  private final String code;

  /**
   * @param code stable, for programs
   * @param message for people: what was expected, what came
   */
  public Refusal(Kind kind, String code, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.code = code;
  }

  /** {@code no_case} */
  public static Refusal noCase(long caseId) {
    return new Refusal(Kind.NOT_FOUND, "no_case", "there is no case C-" + caseId);
  }

  /** With HTTP status 409. */
  public static Refusal conflict(String code, String message) {
    return new Refusal(Kind.CONFLICT, code, message);
  }

  public Kind kind() {
    return kind;
  }

  public String code() {
    return code;
  }
}
