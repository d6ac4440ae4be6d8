package io.vigil.cli.simulate;

import org.jspecify.annotations.Nullable;

/** The frauds that are planted; what each one looks like is told in docs/simulator.md. */
public enum FraudKind {
  /** A stolen card is emptied within hours at shops and cash machines. */
  STOLEN_CARD_SPREE("stolen_card_spree", 0.0010, 8),
  /** A list of card numbers is tried with small amounts at one web shop. */
  CARD_TESTING("card_testing", 0.0010, 20),
  /** A stranger's device logs in, probes, then moves high amounts to new payees. */
  ACCOUNT_TAKEOVER("account_takeover", 0.0008, 5),
  /** Cards seen at one merchant are copied and abused days later. */
  MERCHANT_COMPROMISE("merchant_compromise", 0.0010, 24),
  /** Several accounts on shared devices pass money to the same payees. */
  MULE_RING("mule_ring", 0.0008, 18),
  /** A few high card-not-present payments over two weeks. */
  SLOW_HIGH_CNP("slow_high_cnp", 0.0004, 4.5);

  private final String id;
  private final double defaultShare;
  private final double meanRows;

  FraudKind(String id, double defaultShare, double meanRows) {
    this.id = id;
    this.defaultShare = defaultShare;
    this.meanRows = meanRows;
  }

  /** The name in files, labels and options. */
  public String id() {
    return id;
  }

  /** Share of all transactions, 0 to 1, unless the options say otherwise. */
  public double defaultShare() {
    return defaultShare;
  }

  /** Transactions of one campaign, on average. */
  double meanRows() {
    return meanRows;
  }

  /** The kind of that id, or null when there is none. */
  public static @Nullable FraudKind byId(String id) {
    for (FraudKind kind : values()) {
      if (kind.id.equals(id)) {
        return kind;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return id;
  }
}
