package io.vigil.model.plan;

import java.util.Locale;

/**
 * What one gate saw.
 *
 * @param gate its name in the gates file
 * @param observed in words and numbers
 * @param required the same
 * @param verdict what came of it
 * @param mend what to do when it did not pass; empty when it did
 */
public record GateResult(
    String gate, String observed, String required, Verdict verdict, String mend) {

  /** What a gate says. */
  public enum Verdict {
    PASSED,
    FAILED,
    /** Nobody knows: what it needs is not there. Never to be read as passed. */
    NOT_ASSESSED;

    /** The name that files use. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static GateResult of(String gate, boolean passes, String observed, String required, String mend) {
    return new GateResult(
        gate, observed, required, passes ? Verdict.PASSED : Verdict.FAILED, passes ? "" : mend);
  }

  static GateResult notAssessed(String gate, String observed, String required, String mend) {
    return new GateResult(gate, observed, required, Verdict.NOT_ASSESSED, mend);
  }
}
