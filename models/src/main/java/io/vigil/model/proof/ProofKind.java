package io.vigil.model.proof;

/** The kinds of records that are proved, in the order in which their batches enter the log. */
public enum ProofKind {
  /** Records of the input topics. */
  INPUTS("inputs"),
  /** Decisions. */
  DECISIONS("decisions"),
  /** Alerts with their cases. */
  CASES("cases"),
  /** What became of labels, deployments, ticks and duplicates. */
  RECEIPTS("receipts"),
  /** What could not be decided. */
  DEAD_LETTERS("dead-letters");

  private static final ProofKind[] ALL = values();

  private final String folder;

  ProofKind(String folder) {
    this.folder = folder;
  }

  /** Its folder in the archive, and its name in the log. */
  public String folder() {
    return folder;
  }

  /**
   * The kind at a place.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static ProofKind of(int ordinal) {
    if (ordinal < 0 || ordinal >= ALL.length) {
      throw new IllegalArgumentException("kind: expected 0 to 4, got " + ordinal);
    }
    return ALL[ordinal];
  }

  /**
   * The kind of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static ProofKind of(String folder) {
    for (ProofKind kind : ALL) {
      if (kind.folder.equals(folder)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("kind: expected one that is proved, got " + folder);
  }
}
