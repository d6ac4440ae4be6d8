package io.vigil.job;

/** The topics that the job reads and writes. */
public final class Topics {
  public static final String TRANSACTIONS = "transactions";
  public static final String LABELS = "labels";
  public static final String EVENTS = "events";
  public static final String PROFILES = "profiles";
  public static final String CONTROL = "control";
  public static final String DECISIONS = "decisions";
  public static final String CASES = "cases";
  public static final String RECEIPTS = "receipts";
  public static final String DEAD_LETTERS = "dead-letters";
  public static final String ACTIONS = "actions";

  /** Signed heads of the log of batches. */
  public static final String TREE_HEADS = "tree-heads";

  /** The log of batches; it stands in the archive alone. */
  public static final String BATCHES = "batches";

  private Topics() {}
}
