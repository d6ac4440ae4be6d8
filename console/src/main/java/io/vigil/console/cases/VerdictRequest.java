package io.vigil.console.cases;

import io.vigil.console.Refusal;
import io.vigil.console.store.Sealing;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A verdict on cases.
 *
 * @param cases 1 to 200, each once, with the version that was looked at
 * @param scheme the kind of fraud, at most 64 characters; only with fraud
 * @param actions of BLOCK, RELEASE, STEP_UP, CONTACT
 * @param note at most 10,000 characters
 */
public record VerdictRequest(
    List<Seen> cases,
    Verdict verdict,
    @Nullable String scheme,
    @Nullable List<String> actions,
    @Nullable String note) {

  /** Kinds of actions. */
  static final Set<String> ACTIONS = Set.of("BLOCK", "RELEASE", "STEP_UP", "CONTACT");

  /** Most characters of a note. */
  static final int NOTE = 10_000;

  private static final int CASES = 200;
  private static final int SCHEME = 64;

  /** A case as somebody saw it. */
  public record Seen(long caseId, long version) {}

  /**
   * Says what is wrong with it.
   *
   * @throws Refusal {@code bad_request}
   */
  void check() {
    if (cases == null || cases.isEmpty() || cases.size() > CASES) {
      throw bad("cases: expected 1 to " + CASES + ", got " + (cases == null ? 0 : cases.size()));
    }
    Set<Long> ids = new HashSet<>();
    for (Seen each : cases) {
      if (!ids.add(each.caseId())) {
        throw bad("cases: C-" + each.caseId() + " is named twice");
      }
    }
    if (verdict == null) {
      throw bad("verdict: expected fraud, genuine or unclear, got none");
    }
    if (scheme != null && (verdict != Verdict.FRAUD || scheme.length() > SCHEME)) {
      throw bad("scheme: expected at most " + SCHEME + " characters, and only with fraud");
    }
    for (String action : asked()) {
      checkAction(action);
    }
    checkNote(note);
  }

  /** The actions, none when left out. */
  List<String> asked() {
    return actions == null ? List.of() : actions;
  }

  static void checkAction(@Nullable String action) {
    if (action == null || !ACTIONS.contains(action)) {
      throw bad("action: expected one of " + new java.util.TreeSet<>(ACTIONS) + ", got " + action);
    }
  }

  static void checkNote(@Nullable String note) {
    if (note != null && note.length() > NOTE) {
      throw bad("note: expected at most " + NOTE + " characters, got " + note.length());
    }
    if (Sealing.isSealed(note)) {
      throw bad("note: expected a text, got one that is sealed");
    }
  }

  static Refusal bad(String message) {
    return new Refusal(Refusal.Kind.BAD_REQUEST, "bad_request", message);
  }
}
